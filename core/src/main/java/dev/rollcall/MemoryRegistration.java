package dev.rollcall;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A registration in a {@link MemoryStore}, guarded by the store's monitor. */
final class MemoryRegistration implements Registration {
    private final MemoryStore store;
    private final MemoryRegistry registry;
    private volatile Instance instance;
    private volatile State state = State.REGISTERING;
    private volatile @Nullable RollcallException problem;

    MemoryRegistration(MemoryStore store, Instance instance, MemoryRegistry registry) {
        this.store = store;
        this.instance = instance;
        this.registry = registry;
    }

    /** Called under the store's monitor. */
    void start() {
        if (store.away()) {
            problem = store.problem();
        }
        store.whenThere(this::write);
    }

    /** Called under the store's monitor. */
    void become(State to, @Nullable RollcallException why) {
        State from = state;
        if (from == to || from == State.CLOSED) {
            return;
        }
        state = to;
        problem = why;
        store.notifyAll();
        registry.events().on(new Event.RegistrationChanged(instance, from, to, why));
    }

    @Override
    public Instance instance() {
        return instance;
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public Optional<RollcallException> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public Registration await(Duration atMost) {
        long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(atMost);
        synchronized (store) {
            while (state != State.REGISTERED) {
                long left = end - System.nanoTime();
                if (left <= 0 || state == State.CLOSED || !sleep(left)) {
                    throw problem()
                            .orElseGet(() ->
                                    new UnavailableException("registration: " + state + " (expected: REGISTERED)"));
                }
            }
        }
        return this;
    }

    @Override
    public void update(Instance changed) {
        synchronized (store) {
            instance.checkChangeTo(changed);
            if (state != State.CLOSED) {
                instance = changed;
                store.whenThere(this::write);
            }
        }
    }

    @Override
    public void close() {
        synchronized (store) {
            if (state == State.CLOSED) {
                return;
            }
            become(State.CLOSED, null);
            registry.forget(this);
            store.whenThere(() -> store.leave(this));
        }
    }

    private void write() {
        if (state != State.CLOSED) {
            store.claim(this);
        }
    }

    private boolean sleep(long nanos) {
        try {
            store.wait(nanos / 1_000_000, (int) (nanos % 1_000_000));
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
