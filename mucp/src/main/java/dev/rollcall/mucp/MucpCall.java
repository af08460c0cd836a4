package dev.rollcall.mucp;

import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What unary calls and streams have in common: callbacks that run serially on the call's executor, the deadline, and the end, which
 * comes once, from the server, the deadline, the caller or a broken connection. Connections are handled on the event loop.
 */
abstract class MucpCall<Q, R> extends ClientCall<Q, R>
        implements Inbox.Reader<Answer>, ConnectionPool.Waiter, ClientConnection.User, Context.CancellationListener {
    private final MucpChannel channel;
    private final ConnectionPool pool;
    private final MessageCodec<R> codec;
    private final Context context = Context.current();
    private final @Nullable Deadline deadline;
    private final SerialExecutor callbacks;
    private final Inbox<Answer> inbox;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ContentType asked;
    private final boolean credentials;
    private final Runnable sent;
    private @Nullable Listener<R> listener;
    private boolean headersTold;
    private volatile @Nullable Future<?> timer;
    private Metadata headers = new Metadata();

    MucpCall(
            MucpChannel channel,
            ConnectionPool pool,
            MethodDescriptor<Q, R> method,
            CallOptions options,
            ContentType asked) {
        this.channel = channel;
        this.pool = pool;
        this.asked = asked;
        this.sent = options.getOption(PeerChannel.SENT);
        this.credentials = options.getCredentials() != null;
        this.codec = MessageCodec.of(method.getResponseMarshaller());
        Executor executor = options.getExecutor();
        this.callbacks = new SerialExecutor(executor == null ? pool.runtime().callbacks() : executor, () -> {});
        this.inbox = new Inbox<>(callbacks, this);
        this.deadline = PeerChannel.deadline(options, context);
    }

    /** On the event loop, unless the call has ended. */
    abstract void begun();

    /** The call has ended, not by the server: lets go of the connection or of the wait for one. On the event loop. */
    abstract void abandon();

    @Override
    public void start(Listener<R> responses, Metadata given) {
        if (listener != null) {
            throw new IllegalStateException("call: started already (expected: once)");
        }
        listener = responses;
        headers = given;
        if (channel.closed()) {
            end(ConnectionPool.CLOSED);
        } else if (deadline != null && deadline.isExpired()) {
            end(overdue());
        } else if (credentials) {
            end(Status.UNIMPLEMENTED.withDescription("call credentials: not taken over mucp (expected: metadata)"));
        } else {
            context.addListener(this, Runnable::run);
        }
    }

    private Status overdue() {
        return Status.DEADLINE_EXCEEDED.withDescription("call to " + channel.authority() + ": its deadline is over");
    }

    /** Begins the exchange of messages. */
    final void begin() {
        onLoop(() -> {
            if (deadline != null) {
                long left = deadline.timeRemaining(TimeUnit.NANOSECONDS);
                timer = pool.loop().schedule(() -> end(overdue()), left, TimeUnit.NANOSECONDS);
            }
            begun();
        });
    }

    /** Does something with the connection, unless the call has ended by then. */
    final void onLoop(Runnable task) {
        if (over.get()) {
            return;
        }
        try {
            pool.loop().execute(() -> {
                if (!over.get()) {
                    task.run();
                }
            });
        } catch (RejectedExecutionException closed) {
            end(ConnectionPool.CLOSED);
        }
    }

    /** Uses the connection and writes the first request; whatever fails here ends the call. */
    final void open(ClientConnection given, Supplier<FullHttpRequest> first) {
        given.use(this);
        try {
            FullHttpRequest request = first.get();
            sent.run();
            given.send(request);
        } catch (RuntimeException | Error failed) {
            end(Status.INTERNAL.withDescription("request: cannot be written").withCause(failed));
        }
    }

    final boolean over() {
        return over.get();
    }

    final ConnectionPool pool() {
        return pool;
    }

    final Metadata headers() {
        return headers;
    }

    final @Nullable Deadline deadline() {
        return deadline;
    }

    final Answer read(FullHttpResponse response) {
        return Answer.read(response, asked);
    }

    @Override
    public final void request(int count) {
        inbox.request(count);
    }

    @Override
    public final void cancel(@Nullable String message, @Nullable Throwable cause) {
        end(Status.CANCELLED
                .withDescription(message == null ? "cancelled" : message)
                .withCause(cause));
    }

    /** The context that the call was made in is over. */
    @Override
    public final void cancelled(Context ended) {
        Throwable cause = ended.cancellationCause();
        Deadline last = deadline;
        end(
                last != null && last.isExpired()
                        ? overdue()
                        : Status.CANCELLED.withDescription("cancelled").withCause(cause));
    }

    @Override
    public final void failed(Status status) {
        end(status);
    }

    /** A message for the caller, when it asks for it. */
    final void arrived(Answer answer) {
        inbox.add(answer);
    }

    /** The server ended the call; what arrived before is still handed on. */
    final void ended(Status status, Metadata trailers) {
        if (over.compareAndSet(false, true)) {
            stopWaiting();
            inbox.end(() -> told(status, trailers));
        }
    }

    /** The call ends now, whatever has arrived. */
    final void end(Status status) {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        stopWaiting();
        try {
            pool.loop().execute(this::abandon);
        } catch (RejectedExecutionException closed) {
            // The connection is gone with its loop.
        }
        callbacks.execute(() -> told(status, new Metadata()));
    }

    private void stopWaiting() {
        context.removeListener(this);
        Future<?> pending = timer;
        if (pending != null) {
            pending.cancel(false);
        }
    }

    private void told(Status status, Metadata trailers) {
        inbox.discard();
        tell(to -> {
            listener = null;
            to.onClose(status, trailers);
        });
    }

    @Override
    public final void message(Answer answer) {
        tell(to -> {
            if (!headersTold) {
                headersTold = true;
                to.onHeaders(answer.metadata());
            }
            to.onMessage(parse(answer));
        });
    }

    private R parse(Answer answer) {
        try {
            return codec.read(answer.type(), answer.body());
        } catch (StatusRuntimeException malformed) {
            throw Status.INTERNAL
                    .withDescription("answer: " + malformed.getStatus().getDescription())
                    .asRuntimeException();
        }
    }

    final void tellReady() {
        callbacks.execute(() -> tell(Listener::onReady));
    }

    private void tell(Consumer<Listener<R>> event) {
        Listener<R> to = listener;
        if (to == null) {
            return;
        }
        Context previous = context.attach();
        try {
            event.accept(to);
        } catch (StatusRuntimeException failed) {
            end(failed.getStatus());
        } catch (RuntimeException | Error failed) {
            end(Status.CANCELLED.withDescription("the caller's listener failed").withCause(failed));
        } finally {
            context.detach(previous);
        }
    }
}
