package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Engine;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One etcd lease and what we know of its life. Its age counts from when the last answered keepalive was <em>sent</em>: only that
 * moment is known to lie before etcd's own restart of the clock.
 */
final class Lease {
    /** Hears how the lease fares. */
    interface Listener {
        /** A keepalive sent at this time was answered with time to live. */
        void alive(long sentAt);

        /** A keepalive is overdue: the lease may be ending. */
        void overdue();

        /** More than the TTL has passed since the last answered keepalive was sent; only etcd knows whether it lives. */
        void doubtful();

        /** etcd says the lease is gone. */
        void gone();
    }

    private static final Duration LEAST_PATIENCE = Duration.ofMillis(500);

    final long id;
    final long ttl;
    final int slot;
    private final Engine engine;
    private final Leases leases;
    private final Listener listener;
    private final Deque<Long> unanswered = new ArrayDeque<>();
    private @Nullable ScheduledHandle nextPing;
    private @Nullable ScheduledHandle patience;
    private @Nullable ScheduledHandle end;
    private long answeredSentAt;
    private boolean ended;

    /** @param grantSentAt when the grant was sent: the lease cannot be older */
    Lease(Engine engine, Leases leases, long id, Duration ttl, int slot, long grantSentAt, Listener listener) {
        this.engine = engine;
        this.leases = leases;
        this.id = id;
        this.ttl = ttl.toNanos();
        this.slot = slot;
        this.listener = listener;
        this.answeredSentAt = grantSentAt;
    }

    /** When the last answered keepalive (or the grant) was sent. */
    long answeredSentAt() {
        return answeredSentAt;
    }

    /** How long nothing was heard of it. */
    long silence() {
        return engine.now() - answeredSentAt;
    }

    /** Sends a keepalive now; also when one is under way. */
    void ping() {
        if (ended) {
            return;
        }
        cancel(nextPing);
        nextPing = engine.after(ttl / 3, this::ping);
        long now = engine.now();
        boolean sent = leases.send(this);
        if (sent) {
            unanswered.add(now);
        }
        if (patience == null) {
            patience = engine.after(sent ? Math.max(ttl / 6, LEAST_PATIENCE.toNanos()) : 0, () -> overdue());
        }
        if (end == null) {
            end = engine.after(answeredSentAt + ttl - now, () -> {
                end = null;
                listener.doubtful();
            });
        }
    }

    private void overdue() {
        patience = null;
        listener.overdue();
    }

    void answered(long seconds) {
        Long sentAt = unanswered.poll();
        if (ended || sentAt == null) {
            return;
        }
        if (seconds <= 0) {
            forget();
            listener.gone();
            return;
        }
        answeredSentAt = sentAt;
        cancel(patience);
        patience = null;
        cancel(end);
        end = null;
        if (!unanswered.isEmpty()) {
            patience = engine.after(Math.max(ttl / 6, LEAST_PATIENCE.toNanos()), this::overdue);
        }
        listener.alive(sentAt);
    }

    /** The stream broke: what was sent on it will not be answered. */
    void streamLost() {
        unanswered.clear();
    }

    /** No longer keeps the lease alive. */
    void forget() {
        ended = true;
        cancel(nextPing);
        cancel(patience);
        cancel(end);
        leases.remove(this);
    }

    private static void cancel(@Nullable ScheduledHandle handle) {
        if (handle != null) {
            handle.cancel();
        }
    }
}
