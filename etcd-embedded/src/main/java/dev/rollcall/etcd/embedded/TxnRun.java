package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.ResponseHeader;
import dev.rollcall.etcd.api.ResponseOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * One transaction: first every condition, those of nested transactions too, is judged by the state before it; then everything that
 * could fail is checked; then the operations run, each seeing those before it.
 */
final class TxnRun {
    private final Keyspace keys;
    private final Leases leases;
    private final IdentityHashMap<TxnRequest, Boolean> outcomes = new IdentityHashMap<>();

    private TxnRun(Keyspace keys, Leases leases) {
        this.keys = keys;
        this.leases = leases;
    }

    /** Runs it; what it changed is in {@code write}. Throws {@link RefusedException} before anything is changed. */
    static TxnResponse.Builder run(TxnRequest request, Keyspace keys, Leases leases, Write write) {
        TxnRun run = new TxnRun(keys, leases);
        run.judge(request);
        run.checkPuts(request);
        run.checkRanges(request);
        return run.apply(request, write);
    }

    private void judge(TxnRequest request) {
        outcomes.put(request, request.getCompareList().stream().allMatch(compare -> Comparison.holds(keys, compare)));
        for (RequestOp operation : chosen(request)) {
            if (operation.hasRequestTxn()) {
                judge(operation.getRequestTxn());
            }
        }
    }

    private boolean succeeded(TxnRequest request) {
        return Boolean.TRUE.equals(outcomes.get(request));
    }

    private List<RequestOp> chosen(TxnRequest request) {
        return succeeded(request) ? request.getSuccessList() : request.getFailureList();
    }

    private void checkPuts(TxnRequest request) {
        for (RequestOp operation : chosen(request)) {
            if (operation.hasRequestTxn()) {
                checkPuts(operation.getRequestTxn());
            } else if (operation.hasRequestPut()) {
                check(operation.getRequestPut());
            }
        }
    }

    private void check(PutRequest put) {
        if ((put.getIgnoreValue() || put.getIgnoreLease()) && keys.get(put.getKey()) == null) {
            throw new RefusedException(Refusal.KEY_NOT_FOUND);
        }
        if (put.getLease() != 0) {
            leases.get(put.getLease());
        }
    }

    private void checkRanges(TxnRequest request) {
        for (RequestOp operation : chosen(request)) {
            if (operation.hasRequestTxn()) {
                checkRanges(operation.getRequestTxn());
            } else if (operation.hasRequestRange()) {
                check(operation.getRequestRange());
            }
        }
    }

    private void check(RangeRequest range) {
        if (range.getRevision() > keys.revision()) {
            throw new RefusedException(Refusal.FUTURE_REVISION);
        }
        if (range.getRevision() != 0 && range.getRevision() < keys.compacted()) {
            throw new RefusedException(Refusal.COMPACTED);
        }
        if (range.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED) {
            throw new RefusedException(Refusal.INVALID_SORT);
        }
    }

    private TxnResponse.Builder apply(TxnRequest request, Write write) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(succeeded(request));
        for (RequestOp operation : chosen(request)) {
            response.addResponses(apply(operation, write));
        }
        return response;
    }

    private ResponseOp apply(RequestOp operation, Write write) {
        ResponseOp.Builder response = ResponseOp.newBuilder();
        switch (operation.getRequestCase()) {
            case REQUEST_RANGE -> response.setResponseRange(write.range(operation.getRequestRange()));
            case REQUEST_PUT -> response.setResponsePut(write.put(operation.getRequestPut()));
            case REQUEST_DELETE_RANGE ->
                response.setResponseDeleteRange(write.delete(operation.getRequestDeleteRange()));
            case REQUEST_TXN ->
                response.setResponseTxn(
                        apply(operation.getRequestTxn(), write).setHeader(ResponseHeader.getDefaultInstance()));
            case REQUEST_NOT_SET -> throw new IllegalStateException("operation: none (expected: checked before)");
        }
        return response.build();
    }
}
