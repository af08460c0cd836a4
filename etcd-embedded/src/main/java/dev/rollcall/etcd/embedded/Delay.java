package dev.rollcall.etcd.embedded;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Sends answers later, those of one call in their order. Costs nothing while there is no delay. */
final class Delay implements ServerInterceptor {
    private final ScheduledExecutorService timer;
    private volatile long nanos;

    Delay(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    void set(Duration time) {
        nanos = time.toNanos();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        DelayedCall<Q, A> delayed = new DelayedCall<>(call);
        ServerCall.Listener<Q> listener = next.startCall(delayed, headers);
        delayed.ready = listener::onReady;
        return listener;
    }

    private final class DelayedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private volatile Runnable ready = () -> {};

        DelayedCall(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void sendHeaders(Metadata headers) {
            send(() -> super.sendHeaders(headers));
        }

        @Override
        public void sendMessage(A message) {
            send(() -> super.sendMessage(message));
        }

        @Override
        public void close(Status status, Metadata trailers) {
            send(() -> super.close(status, trailers));
        }

        @Override
        public boolean isReady() {
            synchronized (waiting) {
                return waiting.isEmpty() && super.isReady();
            }
        }

        private void send(Runnable action) {
            synchronized (waiting) {
                if (nanos > 0 || !waiting.isEmpty()) {
                    waiting.add(action);
                    try {
                        var unused = timer.schedule(this::sendNext, nanos, TimeUnit.NANOSECONDS);
                    } catch (RejectedExecutionException stopping) {
                        waiting.clear();
                    }
                    return;
                }
            }
            action.run();
        }

        // one timer thread keeps the order
        private void sendNext() {
            Runnable action;
            synchronized (waiting) {
                action = waiting.peek();
            }
            if (action == null) {
                return;
            }
            try {
                action.run();
            } finally {
                boolean empty;
                synchronized (waiting) {
                    waiting.poll();
                    empty = waiting.isEmpty();
                }
                if (empty) {
                    ready.run();
                }
            }
        }
    }
}
