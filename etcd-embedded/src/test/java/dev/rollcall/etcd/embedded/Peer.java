package dev.rollcall.etcd.embedded;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.etcd.api.AlarmRequest;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.MaintenanceGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;

/** A bare client of one server, embedded or real. Any thread. */
final class Peer implements AutoCloseable {
    static final int SECONDS = 30;

    private final ManagedChannel channel;

    private Peer(ManagedChannel channel) {
        this.channel = channel;
    }

    static Peer at(String endpoint) {
        return new Peer(Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .maxInboundMessageSize(256 << 20)
                .build());
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    ManagedChannel channel() {
        return channel;
    }

    KVGrpc.KVBlockingStub kv() {
        return KVGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    LeaseGrpc.LeaseBlockingStub lease() {
        return LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
        return MaintenanceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    LeaseGrpc.LeaseStub leaseStream() {
        return LeaseGrpc.newStub(channel);
    }

    WatchGrpc.WatchStub watch() {
        return WatchGrpc.newStub(channel);
    }

    /** Writes; returns the revision. */
    long put(String key, String value) {
        return kv().put(PutRequest.newBuilder()
                        .setKey(bytes(key))
                        .setValue(bytes(value))
                        .build())
                .getHeader()
                .getRevision();
    }

    /** Writes under a lease; returns the revision. */
    long put(String key, String value, long lease) {
        return kv().put(PutRequest.newBuilder()
                        .setKey(bytes(key))
                        .setValue(bytes(value))
                        .setLease(lease)
                        .build())
                .getHeader()
                .getRevision();
    }

    /** Deletes; returns the revision. */
    long delete(String key) {
        return kv().deleteRange(
                        DeleteRangeRequest.newBuilder().setKey(bytes(key)).build())
                .getHeader()
                .getRevision();
    }

    /** The value, "-" when there is none. */
    String get(String key) {
        return kv().range(RangeRequest.newBuilder().setKey(bytes(key)).build()).getKvsList().stream()
                .map(KeyValue::getValue)
                .map(ByteString::toStringUtf8)
                .findFirst()
                .orElse("-");
    }

    void compact(long revision) {
        kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
    }

    long grant(long id, long seconds) {
        return lease().leaseGrant(
                        LeaseGrantRequest.newBuilder().setID(id).setTTL(seconds).build())
                .getID();
    }

    long revision() {
        return kv().range(RangeRequest.newBuilder().setKey(bytes("\0")).build())
                .getHeader()
                .getRevision();
    }

    /** Sends any unary request. */
    ListenableFuture<? extends Message> send(Message request) {
        KVGrpc.KVFutureStub kv = KVGrpc.newFutureStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        LeaseGrpc.LeaseFutureStub lease = LeaseGrpc.newFutureStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        if (request instanceof RangeRequest range) {
            return kv.range(range);
        } else if (request instanceof PutRequest put) {
            return kv.put(put);
        } else if (request instanceof DeleteRangeRequest delete) {
            return kv.deleteRange(delete);
        } else if (request instanceof TxnRequest txn) {
            return kv.txn(txn);
        } else if (request instanceof CompactionRequest compaction) {
            return kv.compact(compaction);
        } else if (request instanceof LeaseGrantRequest grant) {
            return lease.leaseGrant(grant);
        } else if (request instanceof LeaseRevokeRequest revoke) {
            return lease.leaseRevoke(revoke);
        } else if (request instanceof LeaseTimeToLiveRequest ask) {
            return lease.leaseTimeToLive(ask);
        } else if (request instanceof LeaseLeasesRequest ask) {
            return lease.leaseLeases(ask);
        } else if (request instanceof AlarmRequest ask) {
            return MaintenanceGrpc.newFutureStub(channel).alarm(ask);
        }
        throw new IllegalArgumentException("request: " + request.getClass().getSimpleName());
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
