package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.internal.client.Watches;
import io.grpc.Status;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One key that a registration keeps, and what it last knew of it. Every write but the very first has as its condition what was last
 * seen, so that it can never hit what another process wrote in between.
 */
final class OwnKey implements Watches.Handler {
    /** What stood under the key when it was read. */
    enum Found {
        ABSENT,
        /** One of our values, under our present lease. */
        OURS,
        /** What we wrote under an earlier lease, or what we may write over already. */
        OUTDATED,
        /** A value that is not ours, under our present lease: another program took the lease for its own. */
        ADOPTED,
        /** Another value, under no lease or an earlier one of ours: nobody keeps it alive. */
        UNOWNED,
        /** Another value, under a lease that is not ours. */
        FOREIGN
    }

    final ByteString key;
    private final OwnKeys.Listener listener;
    /** The value it should have; null when it should be absent. */
    private @Nullable ByteString wanted;
    /** The value last sent to etcd, whether or not it arrived. */
    private @Nullable ByteString sent;

    /** Whether what stands there is ours to write over and to delete; true when nothing does. */
    private boolean mine = true;
    /** The revision that wrote what stands there, the condition of our next write; 0 when nothing does. */
    private long mod;
    /** The lease of what stands there. */
    private long under;
    /** Our value that stands there; null when there is none. */
    private @Nullable ByteString held;

    /** The revision up to which all this is known. */
    private long known;
    /** The newest change that the watch has told of. */
    private long told;

    private Watches.@Nullable Watch watch;

    OwnKey(ByteString key, OwnKeys.Listener listener) {
        this.key = key;
        this.listener = listener;
    }

    /** Changes what it should be; null for absent. */
    void want(@Nullable ByteString value) {
        wanted = value;
    }

    /** Whether etcd holds the wanted value under this lease, as far as known, or nothing of ours when none is wanted. */
    boolean settled(@Nullable Lease lease) {
        return wanted == null ? !there() : wanted.equals(held) && kept(lease);
    }

    /** Whether etcd holds a value of ours under this lease, or none is wanted. */
    boolean kept(@Nullable Lease lease) {
        return wanted == null || (there() && held != null && lease != null && lease.id == under);
    }

    boolean wanted() {
        return wanted != null;
    }

    /** Whether we may write it. */
    boolean mine() {
        return mine;
    }

    /** Whether something stands there that is ours to write over and to delete. */
    boolean there() {
        return mine && mod > 0;
    }

    /** Whether it has changed since it was last known. */
    boolean changed() {
        return told > known;
    }

    long mod() {
        return mod;
    }

    /** Takes note of what a read of this revision found, and says what it is to us. */
    Found judge(@Nullable KeyValue seen, long revision, @Nullable Lease lease, Set<Long> formerLeases) {
        known = revision;
        if (seen == null) {
            absent();
            return Found.ABSENT;
        }
        ByteString value = seen.getValue();
        boolean underOurs = lease != null && seen.getLease() == lease.id;
        boolean unchanged = there() && seen.getModRevision() == mod && seen.getLease() == under;
        if (wanted == null && listener.anothers(key)) {
            mine = false; // though value and lease may be the same
            held = null;
            return Found.FOREIGN;
        }
        if (underOurs && (value.equals(wanted) || value.equals(sent))) {
            stands(seen.getModRevision(), seen.getLease(), value);
            return Found.OURS;
        }
        if (unchanged) {
            return underOurs && held != null ? Found.OURS : Found.OUTDATED;
        }
        mine = false;
        held = null;
        if (underOurs) {
            return Found.ADOPTED;
        }
        boolean nobodys = seen.getLease() == 0 || formerLeases.contains(seen.getLease());
        return nobodys ? Found.UNOWNED : Found.FOREIGN;
    }

    /** What was found may be written over, as long as it stays what it was. */
    void claim(KeyValue seen) {
        stands(seen.getModRevision(), seen.getLease(), null);
    }

    /** A write was acknowledged. */
    void written(long revision, long lease) {
        known = revision;
        if (sent == null) {
            absent();
        } else {
            stands(revision, lease, sent);
        }
    }

    /** A delete was acknowledged. */
    void deleted(long revision) {
        known = revision;
        absent();
    }

    private void absent() {
        stands(0, 0, null);
    }

    private void stands(long revision, long lease, @Nullable ByteString ours) {
        mine = true;
        mod = revision;
        under = lease;
        held = ours;
    }

    Compare unchanged() {
        Compare.Builder compare = Compare.newBuilder().setKey(key).setResult(Compare.CompareResult.EQUAL);
        return mod == 0
                ? compare.setTarget(Compare.CompareTarget.CREATE)
                        .setCreateRevision(0)
                        .build()
                : compare.setTarget(Compare.CompareTarget.MOD)
                        .setModRevision(mod)
                        .build();
    }

    RequestOp write(long lease) {
        ByteString value = wanted;
        sent = value;
        return value == null ? delete() : put(key, value, lease);
    }

    static RequestOp put(ByteString key, ByteString value, long lease) {
        return RequestOp.newBuilder()
                .setRequestPut(
                        PutRequest.newBuilder().setKey(key).setValue(value).setLease(lease))
                .build();
    }

    RequestOp delete() {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build();
    }

    RequestOp read() {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(key))
                .build();
    }

    void watch(Watches watches, long revision) {
        if (watch == null) {
            watch = watches.watch(key, ByteString.EMPTY, revision, this);
        }
    }

    void unwatch() {
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }

    /** The connection ended, and the next one may lead to another history. */
    void disconnected() {
        watch = null;
        known = 0;
        told = 0;
    }

    @Override
    public void created() {}

    @Override
    public void events(List<Event> events) {
        told = Math.max(told, events.get(events.size() - 1).getKv().getModRevision());
        if (changed()) {
            listener.changed();
        }
    }

    @Override
    public void compacted() {
        watch = null;
        listener.unwatched();
    }

    @Override
    public void ended(Status status) {
        watch = null;
        listener.unwatched();
    }
}
