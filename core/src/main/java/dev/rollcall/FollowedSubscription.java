package dev.rollcall;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A subscription that its {@link Rollcall} knows of until it is closed; what it is made of may live on for a while. */
final class FollowedSubscription implements Subscription {
    private final Subscription subscription;
    private final Gate gate;
    private final Consumer<FollowedSubscription> closed;
    private volatile @Nullable ServiceSnapshot last;

    /** Lets nothing through any more once it is shut. */
    private static final class Gate implements SnapshotListener {
        private final SnapshotListener listener;
        private volatile boolean shut;

        Gate(SnapshotListener listener) {
            this.listener = listener;
        }

        @Override
        public void changed(ServiceSnapshot snapshot, List<Change> changes) {
            if (!shut) {
                listener.changed(snapshot, changes);
            }
        }
    }

    /** @param closed takes over {@link #subscription()}, which is still open */
    FollowedSubscription(
            Discovery discovery, String service, SnapshotListener listener, Consumer<FollowedSubscription> closed) {
        this.gate = new Gate(listener);
        this.subscription = discovery.watch(service, gate);
        this.closed = closed;
    }

    Subscription subscription() {
        return subscription;
    }

    @Override
    public ServiceSnapshot snapshot() {
        ServiceSnapshot kept = last;
        return kept == null ? subscription.snapshot() : kept;
    }

    @Override
    public boolean await(Duration atMost) {
        return subscription.await(atMost);
    }

    @Override
    public Optional<RollcallException> problem() {
        return subscription.problem();
    }

    @Override
    public void close() {
        synchronized (gate) {
            if (gate.shut) {
                return;
            }
            gate.shut = true;
            last = subscription.snapshot();
        }
        closed.accept(this);
    }
}
