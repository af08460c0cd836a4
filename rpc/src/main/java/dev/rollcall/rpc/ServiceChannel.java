package dev.rollcall.rpc;

import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * One channel to all instances of a service, whatever protocol each speaks: every call picks an instance and goes to it in the
 * protocol of its metadata entry {@code protocol}, {@code grpc} when there is none. What may be repeated is repeated on another
 * instance, as the {@link RetryPolicy} says.
 *
 * <pre>{@code
 * try (ServiceChannel channel = ServiceChannel.open(rollcall, "hello.srv.say")) {
 *     HelloReply reply = GreeterGrpc.newBlockingStub(channel).hello(request);
 * }
 * }</pre>
 *
 * <p>A call that finds no instance fails with UNAVAILABLE and the reason; with {@code withWaitForReady()} it waits for one until
 * its deadline. Protocols are the {@link ProtocolProvider}s in the class path. Safe for use by many threads; make one per service
 * and keep it. A fleet that only speaks gRPC is better served by the resolver, {@code rollcall:///service}.
 */
public final class ServiceChannel extends Channel implements AutoCloseable {
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private final ServiceView view;
    private final RetryPolicy retry;
    private final Shared shared;
    private final Runnable onClose;

    /** What a channel and those derived from it share. */
    record Shared(Peers peers, ScheduledExecutorService timer, ExecutorService callbacks, ScheduledFuture<?> sweeps) {}

    private ServiceChannel(ServiceView view, RetryPolicy retry, Shared shared, Runnable onClose) {
        this.view = view;
        this.retry = Objects.requireNonNull(retry, "retry");
        this.shared = shared;
        this.onClose = onClose;
    }

    /** A channel to a service; waits for the first list of its instances as {@link Rollcall#service} does. */
    public static ServiceChannel open(Rollcall rollcall, String service) {
        ServiceView view = rollcall.service(service);
        return open(view, view::close);
    }

    /** A channel to the instances of a view, chosen by its filter and strategy; the view stays open when this is closed. */
    public static ServiceChannel over(ServiceView view) {
        return open(view, () -> {});
    }

    private static ServiceChannel open(ServiceView view, Runnable onClose) {
        Peers peers = new Peers(ServiceChannel.class.getClassLoader());
        ScheduledExecutorService timer =
                Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "rollcall-calls-timer"));
        ExecutorService callbacks = Executors.newCachedThreadPool(task -> daemon(task, "rollcall-calls"));
        ScheduledFuture<?> sweeps = timer.scheduleWithFixedDelay(
                () -> peers.sweep(view.snapshot()), SWEEP.toMillis(), SWEEP.toMillis(), TimeUnit.MILLISECONDS);
        return new ServiceChannel(view, RetryPolicy.DEFAULT, new Shared(peers, timer, callbacks, sweeps), onClose);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The same channel with another policy; both end when either is closed. */
    public ServiceChannel with(RetryPolicy changed) {
        return new ServiceChannel(view, changed, shared, onClose);
    }

    /** The same channel to only some of the instances, or chosen in another way: give it a view derived from the first. */
    public ServiceChannel with(ServiceView derived) {
        return new ServiceChannel(derived, retry, shared, onClose);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        CallOptions complete = options;
        if (options.getExecutor() == null) {
            complete = complete.withExecutor(shared.callbacks);
        }
        if (options.getDeadline() == null && method.getType() == MethodDescriptor.MethodType.UNARY) {
            complete = complete.withDeadlineAfter(retry.timeout().toNanos(), TimeUnit.NANOSECONDS);
        }
        Deadline deadline = PeerChannel.deadline(complete, Context.current());
        if (deadline != null) {
            complete = complete.withDeadline(deadline);
        }
        return new ServiceCall<>(method, complete, view, retry, shared);
    }

    /** The name of the service. */
    @Override
    public String authority() {
        return view.service();
    }

    /** Takes no new calls; those under way end by themselves. Idempotent. */
    @Override
    public void close() {
        shared.sweeps.cancel(false);
        shared.peers.close();
        shared.timer.shutdown();
        // the callbacks' threads are still needed by calls under way; they end by themselves
        onClose.run();
    }
}
