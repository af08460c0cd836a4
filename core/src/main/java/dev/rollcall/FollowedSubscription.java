package dev.rollcall;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** A subscription that its {@link Rollcall} knows of until it is closed. */
final class FollowedSubscription implements Subscription {
    private final Subscription subscription;
    private final Consumer<FollowedSubscription> closed;

    FollowedSubscription(Subscription subscription, Consumer<FollowedSubscription> closed) {
        this.subscription = subscription;
        this.closed = closed;
    }

    @Override
    public ServiceSnapshot snapshot() {
        return subscription.snapshot();
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
        closed.accept(this);
        subscription.close();
    }
}
