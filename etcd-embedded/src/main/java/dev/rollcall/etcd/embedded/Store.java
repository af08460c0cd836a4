package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.CompactionResponse;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The whole state of the server, changed by one request at a time under one lock. Answers have complete headers. Any thread may call
 * it; what is refused throws {@link RefusedException} and changes nothing.
 */
final class Store {
    private final ReentrantLock lock = new ReentrantLock();
    private final Object showing = new Object();
    private final Keyspace keys;
    private final Leases leases;
    private final Journal journal;
    private final long quota;
    private volatile Commit visible;
    private volatile Runnable listener = () -> {};
    private boolean full;

    /**
     * Takes over a state.
     *
     * @param quota roughly how many bytes of memory it may take before it refuses to grow
     */
    Store(Keyspace keys, Leases leases, Journal journal, long quota) {
        this.keys = keys;
        this.leases = leases;
        this.journal = journal;
        this.quota = quota;
        this.visible = keys.commits().last();
    }

    /** Is told, on any thread and outside the lock, that there is something new to see or that something was forgotten. */
    void listen(Runnable changed) {
        listener = changed;
    }

    /** What was decided up to now survives once the journal is durable to here. */
    void whenDurable(Runnable then) {
        journal.whenDurable(journal.position(), then);
    }

    /** The newest commit that watchers may see. */
    Commit visible() {
        return visible;
    }

    long revision() {
        return locked(keys::revision);
    }

    long compacted() {
        return locked(keys::compacted);
    }

    /** Roughly the memory in use. */
    long bytes() {
        return locked(keys::bytes);
    }

    /** The newest commit before a revision; null when that revision is compacted. */
    @Nullable
    Commit before(long revision) {
        lock.lock();
        try {
            return revision < keys.compacted()
                    ? null
                    : keys.commits().before(Math.min(revision, visible.revision() + 1));
        } finally {
            lock.unlock();
        }
    }

    RangeResponse range(RangeRequest request) {
        RequestChecks.check(request);
        RangeResponse.Builder response = locked(() -> RangeQuery.run(keys, request, keys.revision()));
        return response.setHeader(Headers.at(response.getHeader().getRevision()))
                .build();
    }

    PutResponse put(PutRequest request) {
        RequestChecks.check(request);
        RequestChecks.checkSize(request.getSerializedSize());
        PutResponse.Builder response = writing(write -> {
            refuseWhenFull();
            if (request.getLease() != 0) {
                leases.get(request.getLease());
            }
            return write.put(request);
        });
        return response.setHeader(Headers.at(response.getHeader().getRevision()))
                .build();
    }

    DeleteRangeResponse deleteRange(DeleteRangeRequest request) {
        RequestChecks.check(request);
        RequestChecks.checkSize(request.getSerializedSize());
        DeleteRangeResponse.Builder response = writing(write -> write.delete(request));
        return response.setHeader(Headers.at(response.getHeader().getRevision()))
                .build();
    }

    TxnResponse txn(TxnRequest request) {
        RequestChecks.check(request);
        RequestChecks.checkSize(request.getSerializedSize());
        return writing(write -> {
            if (full && Txns.puts(request)) {
                throw new RefusedException(Refusal.NO_SPACE);
            }
            TxnResponse.Builder response = TxnRun.run(request, keys, leases, write);
            return response.setHeader(Headers.at(write.revision())).build();
        });
    }

    CompactionResponse compact(long revision) {
        long current = locked(() -> {
            if (revision <= keys.compacted()) {
                throw new RefusedException(Refusal.COMPACTED);
            }
            if (revision > keys.revision()) {
                throw new RefusedException(Refusal.FUTURE_REVISION);
            }
            keys.compact(revision);
            journal.append(List.of(new Journal.Compacted(revision)));
            return keys.revision();
        });
        listener.run();
        return CompactionResponse.newBuilder().setHeader(Headers.at(current)).build();
    }

    /** Chooses an id when it is 0. */
    LeaseGrantResponse grant(long id, long seconds) {
        return locked(() -> {
            refuseWhenFull();
            Lease lease = leases.grant(id == 0 ? freeLeaseId() : id, seconds);
            journal.append(List.of(new Journal.Granted(lease.id(), lease.seconds())));
            return LeaseGrantResponse.newBuilder()
                    .setHeader(Headers.at(keys.revision()))
                    .setID(lease.id())
                    .setTTL(lease.seconds())
                    .build();
        });
    }

    /** Deletes its keys in one revision; without keys there is none. */
    LeaseRevokeResponse revoke(long id) {
        long revision = writing(
                write -> {
                    write.deleteAll(List.copyOf(leases.get(id).keys()));
                    leases.remove(id);
                    return write.revision();
                },
                new Journal.Revoked(id));
        return LeaseRevokeResponse.newBuilder().setHeader(Headers.at(revision)).build();
    }

    /** Gives a lease its full time back and answers it, in seconds; 0 when there is none or it has expired. */
    long keepAlive(long id) {
        boolean expired = locked(() -> {
            Lease lease = leases.find(id);
            return lease != null && lease.expired(leases.now());
        });
        if (expired) {
            revokeExpired();
        }
        return locked(() -> {
            Lease lease = leases.find(id);
            if (lease == null) {
                return 0L;
            }
            lease.renew(leases.now());
            return lease.seconds();
        });
    }

    LeaseTimeToLiveResponse timeToLive(long id, boolean withKeys) {
        return locked(() -> {
            LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                    .setHeader(Headers.at(keys.revision()))
                    .setID(id);
            Lease lease = leases.find(id);
            if (lease == null) {
                return response.setTTL(-1).build();
            }
            if (withKeys) {
                response.addAllKeys(lease.keys());
            }
            return response.setTTL(lease.remaining(leases.now()))
                    .setGrantedTTL(lease.seconds())
                    .build();
        });
    }

    LeaseLeasesResponse leases() {
        return locked(() -> {
            LeaseLeasesResponse.Builder response =
                    LeaseLeasesResponse.newBuilder().setHeader(Headers.at(keys.revision()));
            leases.all()
                    .forEach(
                            lease -> response.addLeases(LeaseStatus.newBuilder().setID(lease.id())));
            return response.build();
        });
    }

    /** Revokes every lease whose time is over. */
    void revokeExpired() {
        for (long id : locked(leases::expired)) {
            try {
                revoke(id);
            } catch (RefusedException alreadyGone) {
                // revoked by a client meanwhile
            }
        }
    }

    /** Lets all leases grow older at once. */
    void advanceLeases(Duration time) {
        locked(() -> {
            leases.advance(time.toNanos());
            return true;
        });
    }

    /** Gives all leases their full time, from now on. */
    void renewLeases() {
        locked(() -> {
            leases.renewAll();
            return true;
        });
    }

    /** Ends a lease's time now; false when there is none. */
    boolean endLease(long id) {
        return locked(() -> {
            Lease lease = leases.find(id);
            if (lease != null) {
                lease.endAt(leases.now());
            }
            return lease != null;
        });
    }

    /** The whole state, and at the same moment what {@code rotate} gives. */
    Snapshot snapshot(Supplier<ByteString> rotate) {
        return locked(() -> new Snapshot(
                rotate.get(),
                leases.all().stream()
                        .map(lease -> new Journal.Granted(lease.id(), lease.seconds()))
                        .toList(),
                keys.compacted(),
                keys.base(),
                keys.commits().all(),
                keys.revision()));
    }

    /** Whether the NOSPACE alarm is on. */
    boolean full() {
        return locked(() -> full);
    }

    /** Switches the NOSPACE alarm; what was before. */
    boolean full(boolean on) {
        return locked(() -> {
            boolean before = full;
            full = on;
            return before;
        });
    }

    private void refuseWhenFull() {
        if (full) {
            throw new RefusedException(Refusal.NO_SPACE);
        }
    }

    private long freeLeaseId() {
        while (true) {
            long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
            if (leases.find(id) == null) {
                return id;
            }
        }
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    private interface Writing<T> {
        T apply(Write write);
    }

    private <T> T writing(Writing<T> action, Journal.Entry... also) {
        Commit commit;
        T result;
        long position;
        journal.awaitRoom();
        lock.lock();
        try {
            Write write = new Write(keys, leases);
            result = action.apply(write);
            commit = write.commit();
            List<Journal.Entry> entries = new ArrayList<>(List.of(also));
            if (commit != null) {
                entries.add(new Journal.Committed(commit));
                full |= keys.bytes() > quota;
            }
            if (!entries.isEmpty()) {
                journal.append(entries);
            }
            position = journal.position();
        } finally {
            lock.unlock();
        }
        if (commit != null) {
            journal.whenDurable(position, () -> show(commit));
        }
        return result;
    }

    private void show(Commit commit) {
        synchronized (showing) {
            if (visible.revision() < commit.revision()) {
                visible = commit;
            }
        }
        listener.run();
    }
}
