package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.RollcallException;
import dev.rollcall.Text;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.spi.DurationText;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The user's end of a {@link Keeper}: what the engine last said of it, readable and awaitable from any thread. */
public final class EtcdRegistration implements Registration {
    private final Session session;
    private final Engine engine;
    /** What no other registration of this process may have meanwhile; guarded by the session. */
    private Set<ByteString> names = Set.of();

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

    Set<ByteString> names() {
        return names;
    }

    void named(Set<ByteString> changed) {
        names = changed;
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
        State present = state;
        if (present != State.REGISTERED && present != State.SUPERSEDED && present != State.CLOSED) {
            set(present, why);
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
            throw why != null && state != State.CLOSED
                    ? why
                    : new UnavailableException("registration of " + Text.quote(instance.id()) + ": " + state
                            + " (expected: REGISTERED within " + DurationText.format(atMost) + ")");
        }
        return this;
    }

    /** Waits for a state, or for CLOSED, which no other follows. */
    private boolean awaitState(State wanted, Duration atMost) {
        long left = TimeUnit.NANOSECONDS.convert(atMost); // at most 292 years
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
        session.change(this, wanted);
        instance = wanted;
        engine.run(() -> kept().update(instance)); // the last one, also when two threads come here in another order
    }

    void beginToLeave(Duration within) {
        engine.run(() -> kept().leave(within));
    }

    void awaitClosed(Duration atMost) {
        awaitState(State.CLOSED, atMost);
    }

    @Override
    public void close() {
        beginToLeave(Session.LEAVE_WITHIN);
        awaitClosed(Session.LEAVE_WITHIN.plus(Session.ON_THE_WAY));
    }

    private Keeper kept() {
        Keeper by = keeper;
        if (by == null) {
            throw new IllegalStateException("not started");
        }
        return by;
    }
}
