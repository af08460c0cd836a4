package dev.rollcall.etcd.testing;

import com.google.protobuf.ByteString;
import dev.rollcall.Instance;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * etcd through bare stubs, for tests that write much and want to know each revision. Any thread may use it.
 *
 * <pre>{@code
 * try (RawEtcd raw = RawEtcd.at(etcd.endpoint())) {
 *     long revision = raw.put(Instance.of("hello.srv.say", "10.0.0.1", 8080));
 *     raw.commit(List.of(RawEtcd.putting(one), RawEtcd.deleting(other)));
 * }
 * }</pre>
 */
public final class RawEtcd implements AutoCloseable {
    /** What the helpers write in. */
    public static final Layout LAYOUT = Layouts.of("go-micro", null);

    private static final int DEADLINE_SECONDS = 20;

    private final ManagedChannel channel;

    private RawEtcd(String endpoint) {
        channel = Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .maxInboundMessageSize(256 << 20)
                .build();
    }

    /** For an etcd without TLS and users, a scripted one too. */
    public static RawEtcd at(String endpoint) {
        return new RawEtcd(endpoint);
    }

    /** The key of an instance. */
    public static String key(Instance instance) {
        return LAYOUT.encode(instance).get(0).key();
    }

    /** The value of an instance. */
    public static ByteString value(Instance instance) {
        return ByteString.copyFrom(LAYOUT.encode(instance).get(0).value());
    }

    /** For {@link #commit}. */
    public static RequestOp putting(Instance instance) {
        return RequestOp.newBuilder()
                .setRequestPut(request(key(instance), value(instance), 0))
                .build();
    }

    /** For {@link #commit}. */
    public static RequestOp deleting(Instance instance) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key(instance))))
                .build();
    }

    /** Writes an instance without a lease; returns the revision. */
    public long put(Instance instance) {
        return put(key(instance), value(instance), 0);
    }

    /** Writes an instance under a lease; returns the revision. */
    public long put(Instance instance, long lease) {
        return put(key(instance), value(instance), lease);
    }

    /** Writes any value; returns the revision. */
    public long put(String key, String value) {
        return put(key, ByteString.copyFromUtf8(value), 0);
    }

    /** Writes any value under a lease; returns the revision. */
    public long put(String key, ByteString value, long lease) {
        return kv().put(request(key, value, lease)).getHeader().getRevision();
    }

    /** Returns the revision after. */
    public long delete(Instance instance) {
        return commit(List.of(deleting(instance)));
    }

    /** All in one revision, which it returns. */
    public long commit(List<RequestOp> operations) {
        return kv().txn(TxnRequest.newBuilder().addAllSuccess(operations).build())
                .getHeader()
                .getRevision();
    }

    /** Writes many, in transactions of a hundred. */
    public void putAll(List<Instance> instances) {
        for (int from = 0; from < instances.size(); from += 100) {
            commit(instances.subList(from, Math.min(from + 100, instances.size())).stream()
                    .map(RawEtcd::putting)
                    .toList());
        }
    }

    /** Forgets what was before a revision. */
    public void compact(long revision) {
        kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
    }

    /** All keys below a prefix, sorted. */
    public List<KeyValue> list(String prefix) {
        ByteString from = ByteString.copyFromUtf8(prefix);
        ByteString end = ByteString.copyFromUtf8(
                prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1));
        return kv().range(
                        RangeRequest.newBuilder().setKey(from).setRangeEnd(end).build())
                .getKvsList();
    }

    /** Returns the lease's id. */
    public long grant(long ttlSeconds) {
        return LeaseGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build())
                .getID();
    }

    /** Ends a lease, and all its keys in one revision. */
    public void revoke(long lease) {
        var unused = LeaseGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    private static PutRequest request(String key, ByteString value, long lease) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(value)
                .setLease(lease)
                .build();
    }

    private KVGrpc.KVBlockingStub kv() {
        return KVGrpc.newBlockingStub(channel).withWaitForReady().withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
