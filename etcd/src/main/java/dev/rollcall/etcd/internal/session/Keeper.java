package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.RollcallException;
import dev.rollcall.SupersededException;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one instance registered: compares what etcd should hold with what it is known to hold, and takes the next step towards it, one
 * call at a time, for ever. Everything that happens (an answer, a watch event, a timer, a new connection) only changes what is known
 * and then calls {@link #step}.
 */
final class Keeper implements Lease.Listener, OwnKeys.Listener {
    private static final Duration VERIFY_EVERY = Duration.ofSeconds(30);
    private static final Duration BETWEEN_WRITES = Duration.ofMillis(500);
    /** A reader that lags gets a put and a delete that are close together as one, and may act on the first only. */
    private static final Duration DRAIN_BEFORE_DELETE = Duration.ofMillis(200);

    private final Session session;
    private final Engine engine;
    private final EtcdRegistration registration;
    private final OwnKeys keys = new OwnKeys(this);
    private final Rivals rivals;
    private final Pacer pacer;
    private final Puts puts;
    private final Calls calls;
    private final Backoff watchBackoff;
    private Instance instance;
    private State state = State.REGISTERING;
    private @Nullable Lease lease;
    private @Nullable ScheduledHandle verifyTimer;
    private @Nullable ScheduledHandle leaveTimer;
    /** What etcd holds is uncertain: read it before anything else. */
    private boolean verify;

    private boolean leaving;
    /** DRAINING could not be written: leaving must not wait for a courtesy. */
    private boolean drainingFailed;

    Keeper(Session session, EtcdRegistration registration, Instance instance) {
        this.session = session;
        this.engine = session.engine();
        this.registration = registration;
        this.rivals = new Rivals(engine);
        this.pacer = new Pacer(engine, session.turns(), session::connection, this::step, session.pauses());
        this.puts = new Puts(engine);
        this.calls = new Calls(session, pacer, puts, this::failed);
        this.watchBackoff = session.backoff();
        this.instance = instance;
        want(instance);
    }

    void start() {
        scheduleVerify();
        step();
        if (session.connection() == null) {
            registration.troubled(session.problem("not connected to etcd yet"));
        }
    }

    void connected() {
        verify |= !puts.none();
        pacer.wentWell();
        watchBackoff.reset();
        step();
    }

    void disconnected() {
        verify |= pacer.busy(); // what was under way may still be carried out
        puts.unanswered();
        pacer.disconnected();
        keys.disconnected();
        registration.troubled(session.problem("the connection to etcd was lost"));
        step();
    }

    void update(Instance changed) {
        if (!leaving) {
            if (session.moves(instance, changed)) {
                dropLease();
            }
            instance = changed;
            want(changed);
            step();
        }
    }

    /** Begins to leave; at the latest after the time given it is over. */
    void leave(Duration atMost) {
        if (leaving) {
            return;
        }
        leaving = true;
        pacer.hurry();
        leaveTimer = engine.after(atMost.toNanos(), this::finish);
        want(instance.withStatus(dev.rollcall.Status.DRAINING));
        step();
    }

    private void want(Instance wanted) {
        Session.Encoded encoded = session.encode(wanted, lease == null ? 0 : lease.id);
        keys.want(encoded.own(), encoded.shared());
    }

    // --- the next step ---

    private void step() {
        if (!pacer.ready()) {
            return;
        }
        Connection on = session.connection();
        if (on == null) {
            if (leaving && !verify && keys.there().isEmpty()) {
                finish();
            }
        } else if (verify || keys.changed()) {
            read(on);
        } else if (leaving) {
            stepOut(on);
        } else if (state != State.SUPERSEDED) {
            stepIn(on);
        }
    }

    private void stepIn(Connection on) {
        Lease current = lease;
        if (current == null) {
            calls.grant(on, instance, this::granted);
            return;
        }
        if (current.quiet()) {
            current.prove();
            return;
        }
        List<OwnKey> due = keys.due(current, puts.none());
        if (!due.isEmpty()) {
            long wait = puts.none() ? 0 : puts.left(BETWEEN_WRITES);
            if (wait <= 0) {
                write(on, due, current);
                return;
            }
            pacer.again(wait);
        }
        if (!keys.kept(current)) {
            return;
        }
        if (!current.provenSince(puts.last())) {
            current.prove(puts.last());
            return;
        }
        if (due.isEmpty()) {
            pacer.wentWell();
        }
        become(State.REGISTERED, null);
    }

    private void stepOut(Connection on) {
        Lease current = lease;
        List<OwnKey> there = keys.there();
        if (current != null && !drainingFailed) {
            List<OwnKey> serving =
                    there.stream().filter(own -> !own.settled(current)).toList();
            if (!serving.isEmpty()) {
                write(on, serving, current);
                return;
            }
        }
        long wait = session.drains() ? puts.left(DRAIN_BEFORE_DELETE) : 0;
        if (!there.isEmpty() && wait > 0) {
            pacer.again(wait);
        } else if (!there.isEmpty()) {
            delete(on, there);
        } else if (current != null && current.isOnly(this)) {
            calls.revoke(on, current.id, this::dropLease, this::finish);
        } else {
            finish();
        }
    }

    // --- what it asks of etcd ---

    private void granted(Lease granted) {
        lease = granted;
        granted.join(this);
        want(leaving ? instance.withStatus(dev.rollcall.Status.DRAINING) : instance); // a key may name its lease
    }

    private void write(Connection on, List<OwnKey> batch, Lease current) {
        boolean draining = leaving;
        transact(on, batch, () -> keys.writing(batch, current, !puts.none(), !draining), draining, answer -> {
            long revision = answer.getHeader().getRevision();
            puts.arrived();
            batch.forEach(own -> own.written(revision, current.id));
            keys.prune();
            keys.watch(session.watches(), revision + 1);
        });
    }

    /** Reads all own keys, linearizably: a transaction goes through the quorum. */
    private void read(Connection on) {
        List<OwnKey> batch = keys.all();
        transact(on, batch, () -> OwnKeys.reading(batch), false, answer -> {
            verify = false;
            seen(on, batch, answer);
            keys.watch(session.watches(), answer.getHeader().getRevision() + 1);
        });
    }

    private void delete(Connection on, List<OwnKey> batch) {
        transact(on, batch, () -> OwnKeys.deleting(batch), false, answer -> {
            long revision = answer.getHeader().getRevision();
            batch.forEach(own -> own.deleted(revision));
        });
    }

    /** What fails its condition has read the keys instead. */
    private void transact(
            Connection on, List<OwnKey> batch, Supplier<TxnRequest> txn, boolean draining, Consumer<TxnResponse> done) {
        Consumer<TxnResponse> answered = answer -> {
            if (answer.getSucceeded()) {
                done.accept(answer);
            } else {
                seen(on, batch, answer);
            }
        };
        calls.transact(on, txn, answered, () -> {
            verify = true;
            drainingFailed |= draining;
        });
    }

    /** A lease that is not ours holds our key: its owner may live, or the key is about to go. */
    private void askAbout(Connection on, KeyValue owner) {
        verify = true; // whatever comes of it, it is not known what to do about the key as long as there is no answer
        calls.ask(on, owner.getLease(), answer -> answered(owner, answer));
    }

    private void answered(KeyValue owner, LeaseTimeToLiveResponse answer) {
        if (answer.getGrantedTTL() <= 0 && answer.getTTL() <= 0) {
            rivals.ended(owner.getLease());
        } else if (!leaving) {
            verify = false;
            dropLease();
            supersede(owner);
        }
    }

    private void failed(Status status) {
        if (Failures.leaseNotFound(status)) {
            Lease ended = lease;
            loseLease();
            if (ended != null) {
                ended.gone(); // for the others who hold it
            }
            return;
        }
        RollcallException why = Failures.explain(status, endpoint());
        if (Failures.denied(status)) {
            doubt(why); // what we may no longer read or write is not what we say it is
        }
        registration.troubled(why);
    }

    private String endpoint() {
        Connection on = session.connection();
        return on == null ? "no server" : on.endpoint();
    }

    // --- what it makes of what it sees ---

    private void seen(Connection on, List<OwnKey> batch, TxnResponse answer) {
        Rivals.Verdict verdict = rivals.judge(batch, answer, lease, stance());
        if (verdict.arrived()) {
            puts.arrived();
        }
        if (verdict.adopted() && lease != null) {
            lease.lend(); // somebody else lives on it now, so it is not ours to end or to name ours
            leaveLease();
        }
        if (leaving || puts.none()) {
            return;
        }
        if (state == State.SUPERSEDED) {
            if (!verdict.anothers()) {
                become(State.RECOVERING, null);
            }
        } else if (verdict.adopted()) {
            supersede(verdict.owner());
        } else if (verdict.owner() != null) {
            askAbout(on, verdict.owner());
        } else if (verdict.trouble() != null) {
            UnavailableException trouble = new UnavailableException(verdict.trouble());
            doubt(trouble);
            registration.troubled(trouble);
        }
    }

    private Rivals.Stance stance() {
        if (puts.none() || state == State.SUPERSEDED) {
            return Rivals.Stance.STANDING_BY;
        }
        return leaving ? Rivals.Stance.LEAVING : Rivals.Stance.KEEPING;
    }

    private void supersede(@Nullable KeyValue by) {
        String where = by == null ? "an unknown address" : session.addressIn(by);
        become(State.SUPERSEDED, SupersededException.of(instance, where));
    }

    private void dropLease() {
        if (lease != null) {
            rivals.ended(lease.id);
            leaveLease();
        }
    }

    private void leaveLease() {
        if (lease != null) {
            lease.leave(this);
            lease = null;
        }
    }

    private void loseLease() {
        dropLease();
        doubt(new UnavailableException("the lease ended or was revoked; a new one is granted"));
        verify |= !puts.none();
    }

    private void doubt(RollcallException why) {
        if (!leaving && (state == State.REGISTERED || state == State.SUSPECT)) {
            become(State.RECOVERING, why);
        }
    }

    // --- what happens to it ---

    @Override
    public void alive() {
        step();
    }

    @Override
    public void overdue() {
        if (state == State.REGISTERED && !leaving) {
            become(State.SUSPECT, session.problem("a keepalive is overdue"));
        }
        verify |= !puts.none(); // also finds out whether the server answers at all
        step();
    }

    @Override
    public void doubtful() {
        doubt(session.problem("no keepalive was answered for a whole TTL"));
    }

    @Override
    public void gone() {
        loseLease();
        pacer.pause();
    }

    @Override
    public void changed() {
        step();
    }

    @Override
    public void unwatched() {
        engine.after(watchBackoff.next(), this::verify);
    }

    @Override
    public boolean anothers(ByteString key) {
        return session.holds(key, registration);
    }

    private void verify() {
        verify |= !puts.none();
        step();
    }

    private void scheduleVerify() {
        verifyTimer = engine.after(engine.around(VERIFY_EVERY), () -> {
            watchBackoff.reset();
            scheduleVerify();
            verify();
        });
    }

    private void finish() {
        if (state == State.CLOSED) {
            return;
        }
        pacer.close();
        puts.unanswered();
        boolean leftBehind = !keys.there().isEmpty() || puts.mayArrive();
        Lease last = lease;
        dropLease();
        if (last != null && leftBehind) {
            last.gone(); // so that it ends, and what is left with it; others who hold it take a new one
        }
        keys.unwatch();
        cancel(verifyTimer);
        cancel(leaveTimer);
        session.left(this, registration);
        become(State.CLOSED, null);
    }

    private void become(State to, @Nullable RollcallException problem) {
        state = to;
        registration.became(to, problem);
    }

    private static void cancel(@Nullable ScheduledHandle handle) {
        if (handle != null) {
            handle.cancel();
        }
    }
}
