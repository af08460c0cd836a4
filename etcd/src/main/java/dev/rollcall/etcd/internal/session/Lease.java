package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Engine;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One etcd lease and what we know of its life. Its age counts from when the last answered keepalive was <em>sent</em>: only that
 * moment is known to lie before etcd's own restart of the clock. It is kept alive as long as somebody holds it.
 */
final class Lease {
    /** Holds it, and hears how it fares. */
    interface Listener {
        /** A keepalive was answered with time to live. */
        void alive();

        /** A keepalive is overdue: the lease may be ending. */
        void overdue();

        /** More than the TTL has passed since the last answered keepalive was sent; only etcd knows whether it lives. */
        void doubtful();

        /** etcd says the lease is gone. */
        void gone();
    }

    /** So many may hold one; what is lost with it is written again at once. */
    private static final int MOST_HOLDERS = 1_000;

    private static final Duration LEAST_PATIENCE = Duration.ofMillis(500);

    final long id;
    private final long ttl;
    private final Engine engine;
    private final Leases leases;
    private final Set<Listener> holders = new LinkedHashSet<>();
    /** When the keepalives were sent that the present stream has not answered yet. */
    private final Deque<Long> unanswered = new ArrayDeque<>();

    private @Nullable ScheduledHandle nextPing;
    private @Nullable ScheduledHandle patience;
    private @Nullable ScheduledHandle end;
    private int slot;
    private long answeredSentAt;
    /** A keepalive was answered; the grant is none. */
    private boolean kept;

    /** A keepalive is about to be sent. */
    private boolean pinging;

    private boolean overdue;
    private boolean ended;
    /** Another program lives on it, too. */
    private boolean lent;

    /** @param grantSentAt when the grant was sent: the lease cannot be older */
    Lease(Engine engine, Leases leases, long id, Duration ttl, long grantSentAt) {
        this.engine = engine;
        this.leases = leases;
        this.id = id;
        this.ttl = ttl.toNanos();
        this.answeredSentAt = grantSentAt;
    }

    /** Keeps it alive from now on: with every connection, and every third of its TTL from its first keepalive on. */
    void join(Listener holder) {
        if (holders.isEmpty()) {
            slot = leases.add(this);
        }
        holders.add(holder);
    }

    /** No longer holds it; without holders it is left to end. */
    void leave(Listener holder) {
        holders.remove(holder);
        if (holders.isEmpty()) {
            ended = true;
            cancel(nextPing);
            cancel(patience);
            cancel(end);
            leases.remove(this);
        }
    }

    /** Whether one more may hold it. */
    boolean hasRoom() {
        return !ended && holders.size() < MOST_HOLDERS;
    }

    /** Another program took it for its own: its keys go with it, too. */
    void lend() {
        lent = true;
    }

    /** Whether nobody but this holder would lose anything with it. */
    boolean isOnly(Listener holder) {
        return !lent && holders.size() == 1 && holders.contains(holder);
    }

    /** Tells all who hold it that etcd no longer knows it. */
    void gone() {
        tell(Listener::gone);
    }

    private void tell(Consumer<Listener> what) {
        List.copyOf(holders).forEach(what);
    }

    /** The stream that it is kept alive on. */
    int slot() {
        return slot;
    }

    /** How long nothing was heard of it. */
    long silence() {
        return engine.now() - answeredSentAt;
    }

    /** Whether too little was heard of it lately to trust it with a put: one on a lease that has ended is taken, and gone soon. */
    boolean quiet() {
        return silence() > ttl / 2;
    }

    /** Whether a keepalive that was sent at this time or later was answered, and none is overdue. */
    boolean provenSince(long time) {
        return kept && !overdue && answeredSentAt - time >= 0;
    }

    /** Sees to it that a keepalive sent at this time or later is under way. */
    void prove(long since) {
        Long last = unanswered.peekLast();
        if (!pinging && (last == null || last - since < 0)) {
            pinging = true;
            engine.run(
                    () -> { // one for all who ask for it at the time
                        pinging = false;
                        ping();
                    });
        }
    }

    /** Sees to it that a keepalive is under way. */
    void prove() {
        prove(answeredSentAt);
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
            patience = engine.after(sent ? patience() : 0, this::overdue);
        }
        if (end == null) {
            end = engine.after(answeredSentAt + ttl - now, () -> {
                end = null;
                tell(Listener::doubtful);
            });
        }
    }

    private long patience() {
        return Math.max(ttl / 6, LEAST_PATIENCE.toNanos());
    }

    private void overdue() {
        overdue = true;
        patience = engine.after(ttl / 2 - patience(), this::stuck);
        tell(Listener::overdue);
    }

    /** Half a TTL without an answer: the stream may be at fault, and there is still time to try another. */
    private void stuck() {
        patience = null;
        Long oldest = unanswered.peek();
        if (oldest != null && engine.now() - oldest >= ttl / 2) {
            leases.renewStream(slot);
        }
    }

    void answered(long seconds) {
        Long sentAt = unanswered.poll();
        if (ended || sentAt == null) {
            return;
        }
        if (seconds <= 0) {
            gone();
            return;
        }
        answeredSentAt = sentAt;
        kept = true;
        overdue = false;
        cancel(patience);
        patience = unanswered.isEmpty() ? null : engine.after(patience(), this::overdue);
        cancel(end);
        end = null;
        tell(Listener::alive);
    }

    /** The stream broke: what was sent on it will not be answered. */
    void streamLost() {
        unanswered.clear();
    }

    private static void cancel(@Nullable ScheduledHandle handle) {
        if (handle != null) {
            handle.cancel();
        }
    }
}
