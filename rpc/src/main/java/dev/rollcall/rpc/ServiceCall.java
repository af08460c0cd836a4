package dev.rollcall.rpc;

import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.ServiceView;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call by name: a request that is a single message is kept until it is complete and then sent to one instance after the
 * other; a request that streams goes to the one picked at the start.
 *
 * <p>The user's callbacks only ever run on the call's executor, one after the other: those of an attempt come from there already,
 * and the next attempt starts after the last one's end.
 */
final class ServiceCall<Q, R> extends ClientCall<Q, R> {
    private static final long LONGEST_PAUSE_MS = 10_000;
    private static final long LOOK_AGAIN_MS = 100;

    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final ServiceView view;
    private final RetryPolicy retry;
    private final ServiceChannel.Shared shared;
    private final Set<String> tried = new HashSet<>();
    private final Object lock = new Object();

    private @Nullable Listener<R> listener;
    private Metadata headers = new Metadata();
    private @Nullable Q message;
    private int requested;
    private int requestedBefore;
    private final List<Consumer<ClientCall<Q, R>>> unsent = new ArrayList<>();
    private boolean compression = true;
    private @Nullable ClientCall<Q, R> attempt;
    private @Nullable Status cancelled;
    private boolean closed;
    private volatile @Nullable Future<?> waiting;
    private @Nullable Status lastFailure;
    private @Nullable Metadata lastTrailers;

    ServiceCall(
            MethodDescriptor<Q, R> method,
            CallOptions options,
            ServiceView view,
            RetryPolicy retry,
            ServiceChannel.Shared shared) {
        this.method = method;
        this.options = options;
        this.view = view;
        this.retry = retry;
        this.shared = shared;
    }

    @Override
    public void start(Listener<R> responses, Metadata given) {
        listener = responses;
        headers = given;
        if (!method.getType().clientSendsOneMessage()) {
            tryNext();
        }
    }

    @Override
    public void request(int count) {
        ClientCall<Q, R> current;
        synchronized (lock) {
            current = attempt;
            requested += count; // all of them count again for the next attempt, which starts before any message came
        }
        if (current != null) {
            current.request(count);
        }
    }

    @Override
    public void sendMessage(Q given) {
        if (method.getType().clientSendsOneMessage()) {
            message = given;
        } else {
            send(call -> call.sendMessage(given));
        }
    }

    @Override
    public void halfClose() {
        if (method.getType().clientSendsOneMessage()) {
            tryNext();
        } else {
            send(ClientCall::halfClose);
        }
    }

    /** A part of a request that streams; kept while the call waits for an instance. */
    private void send(Consumer<ClientCall<Q, R>> part) {
        ClientCall<Q, R> current;
        synchronized (lock) {
            current = attempt;
            if (current == null) {
                unsent.add(part);
            }
        }
        if (current != null) {
            part.accept(current);
        }
    }

    private @Nullable ClientCall<Q, R> current() {
        synchronized (lock) {
            return attempt;
        }
    }

    @Override
    public boolean isReady() {
        ClientCall<Q, R> current = current();
        return current != null && !method.getType().clientSendsOneMessage() && current.isReady();
    }

    @Override
    public void setMessageCompression(boolean enabled) {
        compression = enabled;
        ClientCall<Q, R> current = current();
        if (current != null && !method.getType().clientSendsOneMessage()) {
            current.setMessageCompression(enabled);
        }
    }

    @Override
    public void cancel(@Nullable String reason, @Nullable Throwable cause) {
        Status status = Status.CANCELLED
                .withDescription(reason == null ? "cancelled" : reason)
                .withCause(cause);
        ClientCall<Q, R> current;
        boolean first;
        synchronized (lock) {
            first = cancelled == null;
            cancelled = status;
            current = attempt;
        }
        if (current != null) {
            current.cancel(reason, cause);
        } else if (first && listener != null) {
            end(status, new Metadata());
        }
    }

    /** Picks an instance that was not tried and starts an attempt on it; without one the call ends, or waits if it may. */
    private void tryNext() {
        Deadline deadline = options.getDeadline();
        if (deadline != null && deadline.isExpired()) {
            end(overdue(), new Metadata());
            return;
        }
        Instance instance;
        PeerChannel channel;
        try {
            instance = (tried.isEmpty() ? view : view.where(other -> !tried.contains(other.id()))).pick();
        } catch (NoInstanceException nothing) {
            nothingLeft(nothing);
            return;
        }
        tried.add(instance.id());
        try {
            channel = shared.peers().to(instance);
        } catch (StatusRuntimeException unspoken) {
            failed(unspoken.getStatus(), new Metadata(), false);
            return;
        }
        view.started(instance);
        run(new Attempt(instance), channel);
    }

    private void run(Attempt responses, PeerChannel channel) {
        ClientCall<Q, R> call = channel.newCall(method, options.withOption(PeerChannel.SENT, responses::sent));
        Metadata copy = new Metadata();
        copy.merge(headers);
        call.start(responses, copy);
        int count;
        Status ended;
        for (List<Consumer<ClientCall<Q, R>>> parts = takeUnsent(call); !parts.isEmpty(); parts = takeUnsent(call)) {
            parts.forEach(part -> part.accept(call));
        }
        synchronized (lock) {
            count = requestedBefore;
            ended = cancelled;
        }
        if (ended != null) {
            call.cancel(ended.getDescription(), ended.getCause());
            return;
        }
        if (count > 0) {
            call.request(count);
        }
        if (method.getType().clientSendsOneMessage()) {
            call.setMessageCompression(compression);
            if (message != null) {
                call.sendMessage(message);
            }
            call.halfClose();
        }
    }

    /** What is to be sent first; when that is nothing, the call is the one that everything goes to from now on. */
    private List<Consumer<ClientCall<Q, R>>> takeUnsent(ClientCall<Q, R> call) {
        synchronized (lock) {
            if (unsent.isEmpty()) {
                attempt = call;
                requestedBefore = requested;
            }
            List<Consumer<ClientCall<Q, R>>> parts = List.copyOf(unsent);
            unsent.clear();
            return parts;
        }
    }

    private void nothingLeft(NoInstanceException nothing) {
        Status failure = lastFailure;
        boolean mayPass = failure == null || failure.getCode() == Code.UNAVAILABLE;
        if (options.isWaitForReady() && mayPass) {
            lastFailure = failure == null ? unavailable(nothing) : failure;
            tried.clear();
            later(LOOK_AGAIN_MS);
        } else if (failure != null) {
            end(failure, Objects.requireNonNullElseGet(lastTrailers, Metadata::new));
        } else {
            end(unavailable(nothing), new Metadata());
        }
    }

    private static Status unavailable(NoInstanceException nothing) {
        return Status.UNAVAILABLE.withDescription(nothing.getMessage()).withCause(nothing);
    }

    private Status overdue() {
        Status failure = lastFailure;
        String last = failure == null ? "" : ": " + failure.getDescription();
        return Status.DEADLINE_EXCEEDED
                .withDescription("call of " + view.service() + ": the deadline is over" + last)
                .withCause(failure == null ? null : failure.getCause());
    }

    /** An attempt failed before any message of its answer arrived. */
    private void failed(Status status, Metadata trailers, boolean sent) {
        boolean again = cancelledStatus() == null
                && method.getType().clientSendsOneMessage()
                && tried.size() < retry.attempts()
                && (!sent
                        || retry.codes()
                                .contains(MicroError.from(status, trailers, view.service())
                                        .code()));
        if (!again) {
            end(status, trailers);
            return;
        }
        lastFailure = status;
        lastTrailers = trailers;
        synchronized (lock) {
            attempt = null;
        }
        if (sent) {
            double most = Math.min(LONGEST_PAUSE_MS, 100 * Math.pow(tried.size(), Math.E));
            later(ThreadLocalRandom.current().nextLong((long) most + 1));
        } else {
            tryNext();
        }
    }

    private @Nullable Status cancelledStatus() {
        synchronized (lock) {
            return cancelled;
        }
    }

    private void later(long millis) {
        Deadline deadline = options.getDeadline();
        long most = deadline == null ? millis : Math.max(0, deadline.timeRemaining(TimeUnit.MILLISECONDS) + 1);
        try {
            waiting = shared.timer().schedule(this::tryAgain, Math.min(millis, most), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            end(Status.UNAVAILABLE.withDescription("the channel was closed"), new Metadata());
        }
    }

    private void tryAgain() {
        if (cancelledStatus() == null) {
            tryNext();
        }
    }

    /** Ends the call, unless it has ended: a cancel between two attempts may meet the end of the first. */
    private void end(Status status, Metadata trailers) {
        Executor executor = Objects.requireNonNull(options.getExecutor(), "executor");
        Runnable close = () -> close(status, trailers);
        try {
            executor.execute(close);
        } catch (RejectedExecutionException closed) {
            close.run();
        }
    }

    private void close(Status status, Metadata trailers) {
        Future<?> pause;
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            pause = waiting;
        }
        if (pause != null) {
            pause.cancel(false);
        }
        Objects.requireNonNull(listener, "listener").onClose(status, trailers);
    }

    /** Holds the answer's headers back until it is sure that this attempt is the one. */
    private final class Attempt extends Listener<R> {
        private final Instance instance;
        private volatile boolean sent;
        private boolean taken;
        private @Nullable Metadata answer;

        Attempt(Instance instance) {
            this.instance = instance;
        }

        void sent() {
            sent = true;
        }

        @Override
        public void onHeaders(Metadata received) {
            answer = received;
            if (!method.getType().clientSendsOneMessage()) {
                take();
            }
        }

        private Listener<R> take() {
            Listener<R> user = Objects.requireNonNull(listener, "listener");
            taken = true;
            Metadata received = answer;
            answer = null;
            if (received != null) {
                user.onHeaders(received);
            }
            return user;
        }

        @Override
        public void onMessage(R received) {
            take().onMessage(received);
        }

        @Override
        public void onReady() {
            if (!method.getType().clientSendsOneMessage()) {
                Objects.requireNonNull(listener, "listener").onReady();
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            view.ended(instance, Outcomes.of(status));
            if (status.isOk() || taken) {
                take();
                close(status, trailers);
            } else {
                failed(status, trailers, sent);
            }
        }
    }
}
