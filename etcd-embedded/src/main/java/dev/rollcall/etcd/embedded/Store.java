package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.CompactionResponse;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import java.util.ArrayList;
import java.util.List;
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
    private final LeaseStore leaseStore;
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
        this.leaseStore = new LeaseStore(this, keys, leases, journal);
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

    /** What can be done with leases; under the same lock. */
    LeaseStore leases() {
        return leaseStore;
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

    /** What must hold wherever something is to be kept that was not there; under the lock. */
    void refuseWhenFull() {
        if (full) {
            throw new RefusedException(Refusal.NO_SPACE);
        }
    }

    <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    interface Writing<T> {
        T apply(Write write);
    }

    /** Makes all that an action writes one revision, and journals it together with what else it did. */
    <T> T writing(Writing<T> action, Journal.Entry... also) {
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
