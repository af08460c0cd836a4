package dev.rollcall.etcd.embedded;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.ResponseHeader;
import dev.rollcall.etcd.api.ResponseOp;
import dev.rollcall.etcd.api.TxnResponse;
import io.grpc.Status;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Answers of different servers in a form that can be compared: without their ids, and without what etcd leaves to chance. */
final class Normal {
    private Normal() {}

    static String form(ListenableFuture<? extends Message> answer) {
        try {
            return normal(answer.get(Peer.SECONDS, TimeUnit.SECONDS)).toString();
        } catch (ExecutionException e) {
            Status status = Status.fromThrowable(e);
            return status.getCode() + ": " + status.getDescription();
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The revision in the header; 0 when it was refused. */
    static long revision(ListenableFuture<? extends Message> answer) {
        try {
            Message message = answer.get(Peer.SECONDS, TimeUnit.SECONDS);
            var header = message.getDescriptorForType().findFieldByName("header");
            return ((ResponseHeader) message.getField(header)).getRevision();
        } catch (ExecutionException e) {
            return 0;
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Message normal(Message answer) {
        if (answer instanceof LeaseTimeToLiveResponse lease) {
            List<ByteString> keys = lease.getKeysList().stream()
                    .sorted(ByteString.unsignedLexicographicalComparator())
                    .toList();
            return lease.toBuilder()
                    .setHeader(normal(lease.getHeader()))
                    .setTTL(Math.min(0, lease.getTTL()))
                    .clearKeys()
                    .addAllKeys(keys)
                    .build();
        } else if (answer instanceof LeaseLeasesResponse leases) {
            List<LeaseStatus> sorted = leases.getLeasesList().stream()
                    .sorted(Comparator.comparingLong(LeaseStatus::getID))
                    .toList();
            return leases.toBuilder()
                    .setHeader(normal(leases.getHeader()))
                    .clearLeases()
                    .addAllLeases(sorted)
                    .build();
        } else if (answer instanceof TxnResponse txn) {
            return normal(txn);
        }
        return withNormalHeader(answer);
    }

    private static TxnResponse normal(TxnResponse txn) {
        TxnResponse.Builder normal = txn.toBuilder().setHeader(normal(txn.getHeader()));
        normal.clearResponses();
        for (ResponseOp operation : txn.getResponsesList()) {
            normal.addResponses(
                    operation.hasResponseTxn()
                            ? operation.toBuilder()
                                    .setResponseTxn(normal(operation.getResponseTxn()))
                                    .build()
                            : operation);
        }
        return normal.build();
    }

    private static Message withNormalHeader(Message answer) {
        var field = answer.getDescriptorForType().findFieldByName("header");
        if (!answer.hasField(field)) {
            return answer;
        }
        return answer.toBuilder()
                .setField(field, normal((ResponseHeader) answer.getField(field)))
                .build();
    }

    private static ResponseHeader normal(ResponseHeader header) {
        return header.toBuilder()
                .clearClusterId()
                .clearMemberId()
                .clearRaftTerm()
                .build();
    }
}
