package dev.rollcall.junit;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.RangeRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A few calls to any etcd. Any thread. */
final class Client implements AutoCloseable {
    private static final int SECONDS = 20;

    private final ManagedChannel channel;

    Client(String endpoint) {
        channel = Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .build();
    }

    List<Long> leases() {
        return lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList().stream()
                .map(LeaseStatus::getID)
                .toList();
    }

    /** Ends a lease; false when there is none. */
    boolean revoke(long lease) {
        try {
            var unused = lease().leaseRevoke(
                            LeaseRevokeRequest.newBuilder().setID(lease).build());
            return true;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    void compact() {
        RangeRequest anything = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("rollcall"))
                .build();
        long revision = kv().range(anything).getHeader().getRevision();
        try {
            var unused = kv().compact(
                            CompactionRequest.newBuilder().setRevision(revision).build());
        } catch (StatusRuntimeException e) {
            // nothing was written since the last time
            if (e.getStatus().getCode() != Status.Code.OUT_OF_RANGE) {
                throw e;
            }
        }
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
