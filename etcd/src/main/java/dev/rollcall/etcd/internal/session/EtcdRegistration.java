package dev.rollcall.etcd.internal.session;

import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.RollcallException;
import dev.rollcall.Text;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.internal.client.Engine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The user's end of a {@link Keeper}: what the engine last said of it, readable and awaitable from any thread. */
public final class EtcdRegistration implements Registration {
    private final Session session;
    private final Engine engine;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Keeper keeper;
    private volatile Instance instance;
    private volatile State state = State.REGISTERING;
    private volatile @Nullable RollcallException problem;

    EtcdRegistration(Session session, Engine engine, Instance instance) {
        this.session = session;
        this.engine = engine;
        this.instance = instance;
    }

    void keptBy(Keeper by) {
        keeper = by;
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

    /** Called by the keeper: a new state, and why. */
    void became(State to, @Nullable RollcallException why) {
        State from = state;
        if (from == to && why == problem) {
            return;
        }
        set(to, why);
        if (from != to) {
            engine.tell(new Event.RegistrationChanged(instance, from, to, why));
        }
    }

    /** Called by the keeper: the state is the same, but a try to better it failed. */
    void troubled(RollcallException why) {
        if (state != State.REGISTERED) {
            set(state, why);
        }
    }

    private void set(State to, @Nullable RollcallException why) {
        lock.lock();
        try {
            problem = why;
            state = to;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Registration await(Duration atMost) {
        if (!awaitState(State.REGISTERED, atMost)) {
            RollcallException why = problem;
            throw why != null
                    ? why
                    : new UnavailableException("registration of " + Text.quote(instance.id()) + ": " + state + " after "
                            + atMost.toMillis() + " ms (expected: REGISTERED): "
                            + session.problem("etcd did not answer in time").getMessage());
        }
        return this;
    }

    /** Waits for a state, or for CLOSED, which no other follows. */
    private boolean awaitState(State wanted, Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (state != wanted && state != State.CLOSED && left > 0) {
                left = changed.awaitNanos(left);
            }
            return state == wanted;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return state == wanted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void update(Instance wanted) {
        instance.checkChangeTo(wanted);
        session.encode(wanted);
        instance = wanted;
        engine.run(() -> kept().update(wanted));
    }

    void beginToLeave() {
        engine.run(() -> kept().leave(Session.LEAVE_WITHIN));
    }

    @Override
    public void close() {
        beginToLeave();
        awaitState(State.CLOSED, Session.LEAVE_WITHIN.plus(Duration.ofNanos(TimeUnit.SECONDS.toNanos(1))));
    }

    private Keeper kept() {
        Keeper by = keeper;
        if (by == null) {
            throw new IllegalStateException("not started");
        }
        return by;
    }
}
