package dev.rollcall.etcd.internal.session;

import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.RollcallException;
import dev.rollcall.SupersededException;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(5);
    private static final int LEASES_REMEMBERED = 16;

    private final Session session;
    private final Engine engine;
    private final EtcdRegistration registration;
    private final Duration ttl;
    private final OwnKeys keys = new OwnKeys(this);
    private final Set<Long> formerLeases = new LinkedHashSet<>();
    private final RepairBudget repairs;
    private final Backoff backoff;
    private final Backoff watchBackoff;
    private Instance instance;
    private State state = State.REGISTERING;
    private @Nullable Lease lease;
    private @Nullable ScheduledHandle timer;
    private @Nullable ScheduledHandle verifyTimer;
    private @Nullable ScheduledHandle leaveTimer;
    /** A call is under way: the next step waits for its outcome. */
    private boolean busy;
    /** A call failed: the next step waits for the timer. */
    private boolean pausing;
    /** What etcd holds is uncertain: read it before anything else. */
    private boolean verify;
    /** Nothing is known to be written yet: the first write takes the keys over from whoever has them. */
    private boolean first = true;
    /** The lease under which a foreign value was already written over once. */
    private @Nullable Lease contested;

    private boolean leaving;
    /** DRAINING could not be written: leaving must not wait for a courtesy. */
    private boolean drainingFailed;

    private long writtenAt;

    Keeper(Session session, EtcdRegistration registration, Instance instance, Duration ttl) {
        this.session = session;
        this.engine = session.engine();
        this.registration = registration;
        this.ttl = ttl;
        this.repairs = new RepairBudget(engine);
        Duration quarter = ttl.dividedBy(4);
        Duration cap = quarter.compareTo(LONGEST_RETRY) < 0 ? quarter : LONGEST_RETRY;
        this.backoff = new Backoff(engine, cap);
        this.watchBackoff = new Backoff(engine, cap);
        this.instance = instance;
        this.writtenAt = engine.now();
        keys.want(session.encode(instance));
    }

    void start() {
        scheduleVerify();
        step();
        if (session.connection() == null) {
            registration.troubled(session.problem("not connected to etcd yet"));
        }
    }

    void connected() {
        verify |= !first;
        backoff.reset();
        watchBackoff.reset();
        step();
    }

    void disconnected() {
        verify |= busy; // what was under way may still be carried out
        busy = false;
        pausing = false;
        cancel(timer);
        keys.disconnected();
        registration.troubled(session.problem("the connection to etcd was lost"));
        step();
    }

    void update(Instance changed) {
        if (!leaving) {
            instance = changed;
            keys.want(session.encode(changed));
            step();
        }
    }

    /** Begins to leave; at the latest after the time given it is over. */
    void leave(Duration atMost) {
        if (leaving) {
            return;
        }
        leaving = true;
        pausing = false;
        leaveTimer = engine.after(atMost.toNanos(), this::finish);
        keys.want(session.encode(instance.withStatus(dev.rollcall.Status.DRAINING)));
        step();
    }

    // --- the next step ---

    private void step() {
        if (busy || pausing || state == State.CLOSED) {
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
            grant(on);
            return;
        }
        if (current.quiet()) {
            current.prove();
            return;
        }
        List<OwnKey> due = keys.due(current);
        if (!due.isEmpty()) {
            long wait = first ? 0 : writtenAt + BETWEEN_WRITES.toNanos() - engine.now();
            if (wait <= 0) {
                write(on, due, current);
                return;
            }
            again(wait);
        }
        if (!keys.kept(current)) {
            return;
        }
        if (!current.provenSince(writtenAt)) {
            current.prove(writtenAt);
            return;
        }
        if (due.isEmpty()) {
            backoff.reset();
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
        long wait = session.drains() ? writtenAt + DRAIN_BEFORE_DELETE.toNanos() - engine.now() : 0;
        if (!there.isEmpty() && wait > 0) {
            again(wait);
        } else if (!there.isEmpty()) {
            delete(on, there);
        } else if (current != null) {
            revoke(on, current);
        } else {
            finish();
        }
    }

    // --- what it asks of etcd ---

    private void grant(Connection on) {
        busy = true;
        session.leases().grant(on, ttl, this, new Answer<Lease>(on) {
            @Override
            void got(Lease granted) {
                lease = granted;
            }
        });
    }

    private void write(Connection on, List<OwnKey> batch, Lease current) {
        busy = true;
        boolean draining = leaving;
        TxnRequest txn = OwnKeys.writing(batch, current, !first);
        on.call(KVGrpc.getTxnMethod(), txn, new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                long revision = answer.getHeader().getRevision();
                if (answer.getSucceeded()) {
                    first = false;
                    writtenAt = engine.now();
                    batch.forEach(own -> own.written(revision, current.id));
                    keys.prune();
                    keys.watch(session.watches(), revision + 1);
                } else {
                    seen(on, batch, answer);
                }
            }

            @Override
            void uncertain() {
                verify = true;
                drainingFailed = draining;
            }
        });
    }

    /** Reads all own keys, linearizably: a transaction goes through the quorum. */
    private void read(Connection on) {
        busy = true;
        List<OwnKey> batch = keys.all();
        on.call(KVGrpc.getTxnMethod(), OwnKeys.reading(batch), new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                verify = false;
                seen(on, batch, answer);
                keys.watch(session.watches(), answer.getHeader().getRevision() + 1);
            }
        });
    }

    private void delete(Connection on, List<OwnKey> batch) {
        busy = true;
        on.call(KVGrpc.getTxnMethod(), OwnKeys.deleting(batch), new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                if (answer.getSucceeded()) {
                    batch.forEach(own -> own.deleted(answer.getHeader().getRevision()));
                } else {
                    seen(on, batch, answer);
                }
            }

            @Override
            void uncertain() {
                verify = true;
            }
        });
    }

    private void revoke(Connection on, Lease current) {
        dropLease();
        busy = true;
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(current.id).build();
        on.call(LeaseGrpc.getLeaseRevokeMethod(), request, new Reply<LeaseRevokeResponse>() {
            @Override
            public void answered(LeaseRevokeResponse answer) {
                finish();
            }

            @Override
            public void failed(Status status) {
                finish(); // it ends by itself within its TTL
            }
        });
    }

    // --- what it makes of what it sees ---

    private void seen(Connection on, List<OwnKey> batch, TxnResponse answer) {
        long revision = answer.getHeader().getRevision();
        boolean anothers = false;
        String trouble = null;
        KeyValue foreign = null;
        for (int i = 0; i < batch.size(); i++) {
            OwnKey own = batch.get(i);
            List<KeyValue> kvs = answer.getResponses(i).getResponseRange().getKvsList();
            KeyValue kv = kvs.isEmpty() ? null : kvs.get(0);
            long before = own.mod();
            OwnKey.Found found = own.judge(kv, revision, lease, formerLeases);
            if (found == OwnKey.Found.OURS) {
                first = false;
                writtenAt = own.mod() == before ? writtenAt : engine.now(); // a put of unknown outcome that arrived
            } else if (kv == null || found == OwnKey.Found.OUTDATED) {
                trouble =
                        own.wanted() ? "etcd no longer held the instance as we wrote it; it is written again" : trouble;
            } else {
                anothers = true;
                if (leaving) {
                    leaveTo(own, kv, found);
                } else if (first) {
                    own.claim(kv);
                } else if (found == OwnKey.Found.FOREIGN) {
                    foreign = kv;
                } else if (state != State.SUPERSEDED) {
                    trouble = contest(own, kv, found);
                }
            }
        }
        if (leaving || first) {
            return;
        }
        if (state == State.SUPERSEDED) {
            if (!anothers) {
                become(State.RECOVERING, null);
            }
        } else if (foreign != null) {
            askAbout(on, foreign);
        } else if (trouble != null) {
            boolean held = state == State.REGISTERED || state == State.SUSPECT;
            become(held ? State.RECOVERING : state, new UnavailableException(trouble));
        }
    }

    /** What is somebody else's stays; what is nobody's would stay for ever. */
    private void leaveTo(OwnKey own, KeyValue kv, OwnKey.Found found) {
        if (found == OwnKey.Found.UNOWNED) {
            own.claim(kv);
        } else if (found == OwnKey.Found.ADOPTED) {
            abandonLease();
        }
    }

    /** Writes over what was found, but not too often: whoever fights us must not make us fight. */
    private String contest(OwnKey own, KeyValue kv, OwnKey.Found found) {
        if (found == OwnKey.Found.ADOPTED && contested == lease) {
            abandonLease();
            supersede(kv);
        } else if (found == OwnKey.Found.ADOPTED || repairs.take()) {
            contested = found == OwnKey.Found.ADOPTED ? lease : contested;
            own.claim(kv);
        } else {
            return "others keep writing over the instance; it is written again at most three times a minute";
        }
        return "etcd no longer held the instance as we wrote it; it is written again";
    }

    /** A lease that is not ours holds our key: its owner may live, or the key is about to go. */
    private void askAbout(Connection on, KeyValue foreign) {
        busy = true;
        long foreignLease = foreign.getLease();
        LeaseTimeToLiveRequest request =
                LeaseTimeToLiveRequest.newBuilder().setID(foreignLease).build();
        on.call(LeaseGrpc.getLeaseTimeToLiveMethod(), request, new Answer<LeaseTimeToLiveResponse>(on) {
            @Override
            void got(LeaseTimeToLiveResponse answer) {
                if (leaving) {
                    return; // the key is not marked as ours and stays
                }
                if (answer.getGrantedTTL() > 0 || answer.getTTL() > 0) {
                    dropLease();
                    supersede(foreign);
                } else {
                    remember(foreignLease);
                    verify = true;
                }
            }

            @Override
            void uncertain() {
                verify = true;
            }
        });
    }

    private void supersede(KeyValue by) {
        become(State.SUPERSEDED, SupersededException.of(instance, session.addressIn(by)));
    }

    private void dropLease() {
        Lease current = lease;
        if (current != null) {
            remember(current.id);
            abandonLease();
        }
    }

    /** Somebody else lives on it now, so it is not ours to end or to name ours. */
    private void abandonLease() {
        Lease current = lease;
        if (current != null) {
            current.forget();
            lease = null;
        }
    }

    private void remember(long endedLease) {
        formerLeases.add(endedLease);
        if (formerLeases.size() > LEASES_REMEMBERED) {
            formerLeases.remove(formerLeases.iterator().next());
        }
    }

    private void loseLease() {
        dropLease();
        doubt(new UnavailableException("the lease ended or was revoked; a new one is granted"));
        verify |= !first;
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
        verify |= !first; // also finds out whether the server answers at all
        step();
    }

    @Override
    public void doubtful() {
        doubt(session.problem("no keepalive was answered for a whole TTL"));
    }

    @Override
    public void gone() {
        loseLease();
        pause(backoff.next());
    }

    @Override
    public void changed() {
        step();
    }

    @Override
    public void unwatched() {
        engine.after(watchBackoff.next(), this::verify);
    }

    private void verify() {
        verify |= !first;
        step();
    }

    private void scheduleVerify() {
        verifyTimer = engine.after(engine.around(VERIFY_EVERY), () -> {
            watchBackoff.reset();
            scheduleVerify();
            verify();
        });
    }

    /** Takes the next step after this time at the latest. */
    private void again(long delay) {
        cancel(timer);
        timer = engine.after(delay, this::step);
    }

    /** Takes no step before this time is over. */
    private void pause(long delay) {
        pausing = true;
        cancel(timer);
        timer = engine.after(delay, () -> {
            pausing = false;
            step();
        });
    }

    private void finish() {
        if (state == State.CLOSED) {
            return;
        }
        dropLease();
        keys.unwatch();
        cancel(timer);
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

    /** The answer to the one call under way; it counts only while its connection is the present one. */
    private abstract class Answer<T> implements Reply<T> {
        private final Connection on;

        Answer(Connection on) {
            this.on = on;
        }

        abstract void got(T answer);

        /** The call failed and may have been carried out all the same. */
        void uncertain() {}

        @Override
        public void answered(T answer) {
            if (state == State.CLOSED) {
                if (answer instanceof Lease granted) {
                    granted.forget(); // it came too late and ends by itself
                }
            } else if (session.connection() == on) {
                busy = false;
                got(answer);
                step();
            }
        }

        @Override
        public void failed(Status status) {
            if (state == State.CLOSED || session.connection() != on) {
                return;
            }
            busy = false;
            if (Failures.leaseNotFound(status)) {
                loseLease();
            } else {
                uncertain();
                RollcallException why = Failures.explain(status, on.endpoint());
                if (Failures.denied(status)) {
                    doubt(why); // what we may no longer read or write is not what we say it is
                }
                registration.troubled(why);
            }
            pause(backoff.next());
        }
    }
}
