package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import java.util.List;

/** What a transaction might do, whichever branch runs. */
final class Txns {
    private Txns() {}

    /** Whether it has a put anywhere. */
    static boolean puts(TxnRequest request) {
        return puts(request.getSuccessList()) || puts(request.getFailureList());
    }

    private static boolean puts(List<RequestOp> operations) {
        return operations.stream()
                .anyMatch(operation ->
                        operation.hasRequestPut() || (operation.hasRequestTxn() && puts(operation.getRequestTxn())));
    }
}
