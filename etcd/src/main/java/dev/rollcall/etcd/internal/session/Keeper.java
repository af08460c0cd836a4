package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.RollcallException;
import dev.rollcall.SupersededException;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.ResponseOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import dev.rollcall.etcd.internal.client.Watches;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one instance registered: compares what etcd should hold with what it is known to hold, and takes the next step towards it, one
 * call at a time, for ever. Everything that happens (an answer, a watch event, a timer, a new connection) only changes what is known
 * and then calls {@link #step}.
 */
final class Keeper implements Lease.Listener {
    private static final Duration VERIFY_EVERY = Duration.ofSeconds(30);
    private static final Duration BETWEEN_UPDATES = Duration.ofMillis(500);
    /** A reader that lags gets a put and a delete that are close together as one, and may act on the first only. */
    private static final Duration DRAIN_BEFORE_DELETE = Duration.ofMillis(200);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(5);
    private static final int LEASES_REMEMBERED = 16;

    private final Session session;
    private final Engine engine;
    private final EtcdRegistration registration;
    private final Duration ttl;
    private final Map<ByteString, OwnKey> keys = new LinkedHashMap<>();
    private final Set<Long> formerLeases = new LinkedHashSet<>();
    private final RepairBudget repairs;
    private Backoff backoff;
    private Instance instance;
    private State state = State.REGISTERING;
    private @Nullable Lease lease;
    private @Nullable ScheduledHandle timer;
    private @Nullable ScheduledHandle verifyTimer;
    private @Nullable ScheduledHandle leaveTimer;
    /** A call is under way: the next step waits for its outcome. */
    private boolean busy;
    /** What etcd holds is uncertain: read it before anything else. */
    private boolean verify;
    /** Nothing was written yet: the first write takes the keys over from whoever has them. */
    private boolean first = true;
    /** A foreign value under our own lease was already written over once. */
    private boolean restored;
    /** A key of another process hangs on our lease: it must not be revoked. */
    private boolean shared;

    /** A repair waits for its budget. */
    private boolean pausing;

    private boolean pinged;
    private boolean leaving;
    private long writtenAt;

    Keeper(Session session, EtcdRegistration registration, Instance instance, Duration ttl) {
        this.session = session;
        this.engine = session.engine();
        this.registration = registration;
        this.ttl = ttl;
        this.repairs = new RepairBudget(engine);
        this.backoff = new Backoff(engine, retryCap(ttl));
        this.instance = instance;
        this.writtenAt = engine.now();
        want(instance);
    }

    private static Duration retryCap(Duration ttl) {
        Duration quarter = ttl.dividedBy(4);
        return quarter.compareTo(LONGEST_RETRY) < 0 ? quarter : LONGEST_RETRY;
    }

    void start() {
        scheduleVerify();
        step();
    }

    void connected() {
        verify = !first || verify;
        backoff.reset();
        step();
    }

    void disconnected() {
        verify |= busy; // what was under way may still be carried out
        busy = false;
        pausing = false;
        cancel(timer);
        keys.values().forEach(own -> own.watch = null);
        if (leaving && first && !verify) {
            finish();
        }
    }

    void update(Instance changed) {
        if (!leaving && state != State.CLOSED) {
            instance = changed;
            want(changed);
            step();
        }
    }

    /** Begins to leave; at the latest after the time given it is over. */
    void leave(Duration atMost) {
        if (leaving || state == State.CLOSED) {
            return;
        }
        leaving = true;
        pausing = false;
        leaveTimer = engine.after(atMost.toNanos(), this::finish);
        want(instance.withStatus(dev.rollcall.Status.DRAINING));
        if (session.connection() == null && first && !verify) {
            finish();
        } else {
            step();
        }
    }

    private void want(Instance now) {
        Map<ByteString, ByteString> values = session.encode(now);
        keys.forEach((key, own) -> own.want(values.get(key)));
        values.forEach((key, value) -> keys.computeIfAbsent(key, OwnKey::new).want(value));
    }

    // --- the next step ---

    private void step() {
        Connection on = session.connection();
        if (on == null || busy || pausing || state == State.CLOSED) {
            return;
        }
        if (verify || keys.values().stream().anyMatch(own -> own.told > own.mod)) {
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
        } else if (current.silence() > current.ttl / 2) {
            current.ping(); // a put on a lease that has ended is accepted and gone a moment later
        } else if (unsettled()) {
            long wait = writtenAt + BETWEEN_UPDATES.toNanos() - engine.now();
            if (state == State.REGISTERED && wait > 0) {
                again(wait);
            } else {
                write(on, current);
            }
        } else if (current.answeredSentAt() - writtenAt < 0) {
            if (!pinged) {
                pinged = true;
                current.ping();
            }
        } else {
            backoff.reset();
            become(State.REGISTERED, null);
        }
    }

    private void stepOut(Connection on) {
        Lease current = lease;
        boolean ours = keys.values().stream().anyMatch(own -> own.mod > 0);
        if (ours && current != null && state != State.SUPERSEDED && unsettled()) {
            write(on, current);
            return;
        }
        long wait = writtenAt + DRAIN_BEFORE_DELETE.toNanos() - engine.now();
        if (ours && session.drains() && wait > 0) {
            again(wait);
        } else if (ours) {
            delete(on);
        } else if (current != null) {
            revoke(on, current);
        } else {
            finish();
        }
    }

    private boolean unsettled() {
        return keys.values().stream().anyMatch(own -> !own.settled);
    }

    // --- what it asks of etcd ---

    private void grant(Connection on) {
        busy = true;
        session.leases().grant(on, ttl, this, new Answer<Lease>(on) {
            @Override
            void got(Lease granted) {
                lease = granted;
                restored = false;
                shared = false;
                backoff = new Backoff(engine, retryCap(Duration.ofNanos(granted.ttl)));
                keys.values().forEach(own -> own.settled = false);
                if (state == State.CLOSED) {
                    granted.forget();
                }
            }
        });
    }

    private void write(Connection on, Lease current) {
        List<OwnKey> batch = keys.values().stream().filter(own -> !own.settled).toList();
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (OwnKey own : batch) {
            if (!first) {
                txn.addCompare(own.unchanged());
            }
            txn.addSuccess(own.write(current.id)).addFailure(own.read());
        }
        busy = true;
        on.call(KVGrpc.getTxnMethod(), txn.build(), new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                if (!answer.getSucceeded()) {
                    seen(on, batch, answer);
                    return;
                }
                first = false;
                writtenAt = engine.now();
                pinged = false;
                long revision = answer.getHeader().getRevision();
                for (OwnKey own : batch) {
                    own.mod = own.sent == null ? 0 : revision;
                    own.settled = own.wanted == null ? own.sent == null : own.wanted.equals(own.sent);
                }
                keys.values().removeIf(own -> own.settled && own.wanted == null && dropped(own));
                watchFrom(revision + 1);
            }

            @Override
            void uncertain() {
                verify = true;
            }
        });
    }

    private static boolean dropped(OwnKey own) {
        own.unwatch();
        return true;
    }

    /** Reads all own keys, linearizably: a transaction goes through the quorum. */
    private void read(Connection on) {
        List<OwnKey> batch = List.copyOf(keys.values());
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        batch.forEach(own -> txn.addSuccess(own.read()));
        busy = true;
        on.call(KVGrpc.getTxnMethod(), txn.build(), new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                verify = false;
                seen(on, batch, answer);
                watchFrom(answer.getHeader().getRevision() + 1);
            }
        });
    }

    private void delete(Connection on) {
        List<OwnKey> batch = keys.values().stream().filter(own -> own.mod > 0).toList();
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (OwnKey own : batch) {
            txn.addCompare(own.unchanged()).addSuccess(own.delete()).addFailure(own.read());
        }
        busy = true;
        on.call(KVGrpc.getTxnMethod(), txn.build(), new Answer<TxnResponse>(on) {
            @Override
            void got(TxnResponse answer) {
                if (answer.getSucceeded()) {
                    batch.forEach(own -> own.mod = 0);
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
        current.forget();
        lease = null;
        if (shared) {
            return;
        }
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
        List<KeyValue> strangers = new ArrayList<>();
        boolean anyThere = false;
        boolean disturbed = false;
        for (int i = 0; i < batch.size(); i++) {
            OwnKey own = batch.get(i);
            ResponseOp response = answer.getResponses(i);
            List<KeyValue> found = response.getResponseRange().getKvsList();
            own.told = 0;
            if (found.isEmpty()) {
                own.mod = 0;
                own.settled = own.wanted == null;
                disturbed |= !own.settled;
            } else {
                anyThere = true;
                disturbed |= !judge(own, found.get(0), strangers);
            }
        }
        if (state == State.SUPERSEDED) {
            if (!anyThere && !leaving) {
                become(State.RECOVERING, null);
            }
        } else if (!leaving) {
            if (disturbed && state == State.REGISTERED) {
                become(
                        State.RECOVERING,
                        new UnavailableException(
                                "etcd no longer held the instance as we wrote it; it is written again"));
            }
            if (!strangers.isEmpty()) {
                askAbout(on, strangers.get(0));
            }
        }
    }

    /** Decides what to do about a key that is there; answers whether it is as we wrote it. */
    private boolean judge(OwnKey own, KeyValue found, List<KeyValue> strangers) {
        Lease current = lease;
        if (current != null && own.isOurs(found, current.id)) {
            own.adopt(found);
            if (first) {
                first = false;
                writtenAt = engine.now();
            }
            return true;
        }
        own.settled = false;
        boolean underOurLease = current != null && found.getLease() == current.id;
        if (found.getModRevision() == own.mod) {
            return false;
        }
        if (leaving) {
            own.mod = 0; // somebody else's now
            own.settled = true;
            shared |= underOurLease;
        } else if (first || state == State.SUPERSEDED) {
            return false;
        } else if (underOurLease && restored) {
            shared = true;
            supersede(found);
        } else if (underOurLease) {
            restored = true;
            own.mod = found.getModRevision();
        } else if (found.getLease() == 0 || formerLeases.contains(found.getLease())) {
            repair(own.key, found);
        } else {
            strangers.add(found);
        }
        return false;
    }

    /** A lease that is not ours holds our key: its owner may live, or the key is about to go. */
    private void askAbout(Connection on, KeyValue found) {
        busy = true;
        LeaseTimeToLiveRequest request =
                LeaseTimeToLiveRequest.newBuilder().setID(found.getLease()).build();
        on.call(LeaseGrpc.getLeaseTimeToLiveMethod(), request, new Answer<LeaseTimeToLiveResponse>(on) {
            @Override
            void got(LeaseTimeToLiveResponse answer) {
                if (answer.getTTL() > 0) {
                    supersede(found);
                } else {
                    repair(found.getKey(), found);
                }
            }
        });
    }

    /** Writes over what was found, but not more often than the budget allows: whoever fights us must not make us fight. */
    private void repair(ByteString key, KeyValue found) {
        long wait = repairs.take();
        OwnKey own = keys.get(key);
        if (own != null && wait == 0) {
            own.mod = found.getModRevision();
        } else {
            pausing = true;
            cancel(timer);
            timer = engine.after(wait, () -> {
                pausing = false;
                verify = true;
                step();
            });
        }
    }

    private void supersede(KeyValue by) {
        dropLease();
        become(State.SUPERSEDED, SupersededException.of(instance, session.addressIn(by)));
    }

    private void dropLease() {
        Lease current = lease;
        if (current != null) {
            current.forget();
            formerLeases.add(current.id);
            if (formerLeases.size() > LEASES_REMEMBERED) {
                formerLeases.remove(formerLeases.iterator().next());
            }
            lease = null;
            keys.values().forEach(own -> own.settled = false);
        }
    }

    // --- what happens to it ---

    @Override
    public void alive(long sentAt) {
        step();
    }

    @Override
    public void overdue() {
        if (state == State.REGISTERED) {
            become(State.SUSPECT, session.problem("a keepalive is overdue"));
        }
        verify = true; // also finds out whether the server answers at all
        step();
    }

    @Override
    public void doubtful() {
        if (state == State.REGISTERED || state == State.SUSPECT) {
            become(State.RECOVERING, session.problem("no keepalive was answered for a whole TTL"));
        }
    }

    @Override
    public void gone() {
        dropLease();
        if (state == State.REGISTERED || state == State.SUSPECT) {
            become(State.RECOVERING, new UnavailableException("the lease ended or was revoked; a new one is granted"));
        }
        verify |= !first;
        step();
    }

    private void watchFrom(long revision) {
        if (session.connection() == null || state == State.CLOSED) {
            return;
        }
        for (OwnKey own : keys.values()) {
            if (own.watch == null) {
                own.watch = session.watches().watch(own.key, ByteString.EMPTY, revision, new KeyWatch(own));
            }
        }
    }

    private final class KeyWatch implements Watches.Handler {
        private final OwnKey own;

        KeyWatch(OwnKey own) {
            this.own = own;
        }

        @Override
        public void created() {}

        @Override
        public void events(List<Event> events) {
            own.told = Math.max(own.told, events.get(events.size() - 1).getKv().getModRevision());
            step();
        }

        @Override
        public void compacted() {
            lost();
        }

        @Override
        public void ended(Status status) {
            lost();
        }

        private void lost() {
            own.watch = null;
            engine.after(backoff.next(), () -> {
                verify = true;
                step();
            });
        }
    }

    private void scheduleVerify() {
        verifyTimer = engine.after(engine.around(VERIFY_EVERY), () -> {
            verify |= !first;
            scheduleVerify();
            step();
        });
    }

    private void again(long delay) {
        cancel(timer);
        timer = engine.after(delay, this::step);
    }

    private void finish() {
        if (state == State.CLOSED) {
            return;
        }
        dropLease();
        keys.values().forEach(OwnKey::unwatch);
        cancel(timer);
        cancel(verifyTimer);
        cancel(leaveTimer);
        session.left(this); // first, so that whoever waits for CLOSED may register the same id again
        become(State.CLOSED, null);
    }

    private void become(State to, @Nullable RollcallException problem) {
        state = to;
        registration.became(to, problem);
    }

    Instance instance() {
        return instance;
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
            if (session.connection() == on) {
                busy = false;
                got(answer);
                step();
            }
        }

        @Override
        public void failed(Status status) {
            uncertain();
            if (session.connection() != on) {
                return;
            }
            busy = false;
            if (Failures.leaseNotFound(status) && lease != null) {
                gone();
                return;
            }
            registration.troubled(Failures.explain(status, on.endpoint()));
            again(backoff.next());
        }
    }
}
