package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changes that will be one revision: each operation sees those before it. Everything must be checked before, there is no way
 * back. Used under the store's lock.
 */
final class Write {
    private final Keyspace keys;
    private final Leases leases;
    private final long base;
    private final List<Change> changes = new ArrayList<>();

    Write(Keyspace keys, Leases leases) {
        this.keys = keys;
        this.leases = leases;
        this.base = keys.revision();
    }

    /** The revision that reads see now. */
    long revision() {
        return changes.isEmpty() ? base : base + 1;
    }

    RangeResponse.Builder range(RangeRequest request) {
        return RangeQuery.run(keys, request, revision());
    }

    PutResponse.Builder put(PutRequest request) {
        KeyValue before = keys.get(request.getKey());
        if (before == null && (request.getIgnoreValue() || request.getIgnoreLease())) {
            throw new RefusedException(Refusal.KEY_NOT_FOUND);
        }
        ByteString value = request.getIgnoreValue() && before != null ? before.getValue() : request.getValue();
        long lease = request.getIgnoreLease() && before != null ? before.getLease() : request.getLease();
        put(request.getKey(), value, lease, before);
        PutResponse.Builder response = PutResponse.newBuilder().setHeader(Headers.bare(base + 1));
        if (request.getPrevKv() && before != null) {
            response.setPrevKv(before);
        }
        return response;
    }

    DeleteRangeResponse.Builder delete(DeleteRangeRequest request) {
        List<KeyValue> deleted = keys.living(KeyRange.of(request.getKey(), request.getRangeEnd()));
        deleted.forEach(this::delete);
        DeleteRangeResponse.Builder response =
                DeleteRangeResponse.newBuilder().setDeleted(deleted.size()).setHeader(Headers.bare(revision()));
        if (request.getPrevKv()) {
            response.addAllPrevKvs(deleted);
        }
        return response;
    }

    /** Deletes what is there of these keys. */
    void deleteAll(Collection<ByteString> doomed) {
        for (ByteString key : doomed) {
            KeyValue value = keys.get(key);
            if (value != null) {
                delete(value);
            }
        }
    }

    /** Makes it a revision; null when nothing changed. */
    @Nullable
    Commit commit() {
        return changes.isEmpty() ? null : keys.commit(changes);
    }

    private void put(ByteString key, ByteString value, long lease, @Nullable KeyValue before) {
        KeyValue after = KeyValue.newBuilder()
                .setKey(before == null ? key : before.getKey())
                .setValue(value)
                .setCreateRevision(before == null ? base + 1 : before.getCreateRevision())
                .setModRevision(base + 1)
                .setVersion(before == null ? 1 : before.getVersion() + 1)
                .setLease(lease)
                .build();
        changes.add(keys.write(after));
        leases.move(after.getKey(), before == null ? 0 : before.getLease(), lease);
    }

    private void delete(KeyValue before) {
        KeyValue deletion = KeyValue.newBuilder()
                .setKey(before.getKey())
                .setModRevision(base + 1)
                .build();
        changes.add(keys.write(deletion));
        leases.move(before.getKey(), before.getLease(), 0);
    }
}
