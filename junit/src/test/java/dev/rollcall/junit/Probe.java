package dev.rollcall.junit;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortOrder;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a test asks an etcd itself. */
final class Probe implements AutoCloseable {
    private static final int SECONDS = 20;

    private final ManagedChannel channel;

    Probe(String endpoint) {
        channel = Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .build();
    }

    long grant(long seconds) {
        return lease().leaseGrant(LeaseGrantRequest.newBuilder().setTTL(seconds).build())
                .getID();
    }

    /** The newest revision of a key that begins so; 0 when there is none. */
    long newest(String prefix) {
        ByteString from = ByteString.copyFromUtf8(prefix);
        RangeRequest newest = RangeRequest.newBuilder()
                .setKey(from)
                .setRangeEnd(ByteString.copyFromUtf8(prefix + "\uffff"))
                .setSortOrder(SortOrder.DESCEND)
                .setSortTarget(SortTarget.MOD)
                .setLimit(1)
                .build();
        return kv().range(newest).getKvsList().stream()
                .mapToLong(KeyValue::getModRevision)
                .max()
                .orElse(0);
    }

    List<Long> leases() {
        return lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList().stream()
                .map(LeaseStatus::getID)
                .toList();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private KVGrpc.KVBlockingStub kv() {
        return KVGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    private LeaseGrpc.LeaseBlockingStub lease() {
        return LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }
}
