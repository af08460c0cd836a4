package dev.rollcall;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A registration that its {@link Rollcall} knows of until it is closed. */
final class HeldRegistration implements Registration {
    private final Registration registration;
    private final UnaryOperator<Instance> completed;
    private final Consumer<HeldRegistration> closed;

    HeldRegistration(Registration registration, UnaryOperator<Instance> completed, Consumer<HeldRegistration> closed) {
        this.registration = registration;
        this.completed = completed;
        this.closed = closed;
    }

    @Override
    public Instance instance() {
        return registration.instance();
    }

    @Override
    public State state() {
        return registration.state();
    }

    @Override
    public Optional<RollcallException> problem() {
        return registration.problem();
    }

    @Override
    public Registration await(Duration atMost) {
        registration.await(atMost);
        return this;
    }

    @Override
    public void update(Instance changed) {
        registration.update(completed.apply(changed));
    }

    @Override
    public void close() {
        registration.close();
        closed.accept(this);
    }
}
