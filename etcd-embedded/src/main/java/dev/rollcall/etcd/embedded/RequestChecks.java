package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import java.util.List;

/** What can be said against a request before the store is asked. Everything throws {@link RefusedException}. */
final class RequestChecks {
    static final int MOST_OPERATIONS = 128;

    /** etcd's limit for what it writes into its log. */
    static final int MOST_BYTES = 3 << 19;

    private RequestChecks() {}

    static void check(RangeRequest request) {
        refuseIf(request.getKey().isEmpty(), Refusal.EMPTY_KEY);
    }

    static void check(PutRequest request) {
        refuseIf(request.getKey().isEmpty(), Refusal.EMPTY_KEY);
        refuseIf(request.getIgnoreValue() && !request.getValue().isEmpty(), Refusal.VALUE_PROVIDED);
        refuseIf(request.getIgnoreLease() && request.getLease() != 0, Refusal.LEASE_PROVIDED);
    }

    static void check(DeleteRangeRequest request) {
        refuseIf(request.getKey().isEmpty(), Refusal.EMPTY_KEY);
    }

    static void check(TxnRequest request) {
        check(request, MOST_OPERATIONS);
        TxnOverlaps.check(request.getSuccessList());
        TxnOverlaps.check(request.getFailureList());
    }

    static void checkSize(int bytes) {
        refuseIf(bytes > MOST_BYTES, Refusal.TOO_LARGE);
    }

    private static void check(TxnRequest request, int mostOperations) {
        int operations =
                Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        refuseIf(operations > mostOperations, Refusal.TOO_MANY_OPERATIONS);
        for (Compare compare : request.getCompareList()) {
            refuseIf(compare.getKey().isEmpty(), Refusal.EMPTY_KEY);
        }
        // what is nested gets what its parents leave
        checkAll(request.getSuccessList(), mostOperations - operations);
        checkAll(request.getFailureList(), mostOperations - operations);
    }

    private static void checkAll(List<RequestOp> operations, int mostOperations) {
        for (RequestOp operation : operations) {
            switch (operation.getRequestCase()) {
                case REQUEST_RANGE -> check(operation.getRequestRange());
                case REQUEST_PUT -> check(operation.getRequestPut());
                case REQUEST_DELETE_RANGE -> check(operation.getRequestDeleteRange());
                case REQUEST_TXN -> check(operation.getRequestTxn(), mostOperations);
                case REQUEST_NOT_SET -> throw new RefusedException(Refusal.KEY_NOT_FOUND);
            }
        }
    }

    private static void refuseIf(boolean wrong, Refusal refusal) {
        if (wrong) {
            throw new RefusedException(refusal);
        }
    }
}
