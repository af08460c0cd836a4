package dev.rollcall.etcd.testing;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What etcd decides without looking at its state: which keys a range holds, how keys sort, which requests it refuses. */
final class EtcdRules {
    static final Comparator<ByteString> BYTES = ByteString.unsignedLexicographicalComparator();
    private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[] {0});
    private static final int MAX_OPERATIONS = 128;

    private EtcdRules() {}

    static boolean contains(ByteString key, ByteString end, ByteString candidate) {
        if (end.isEmpty()) {
            return candidate.equals(key);
        }
        return BYTES.compare(candidate, key) >= 0 && (end.equals(FROM_KEY) || BYTES.compare(candidate, end) < 0);
    }

    static boolean withinBounds(RangeRequest request, KeyValue kv) {
        return within(request.getMinModRevision(), request.getMaxModRevision(), kv.getModRevision())
                && within(request.getMinCreateRevision(), request.getMaxCreateRevision(), kv.getCreateRevision());
    }

    private static boolean within(long min, long max, long value) {
        return value >= min && (max == 0 || value <= max);
    }

    static Comparator<KeyValue> order(SortTarget target) {
        return switch (target) {
            case KEY -> Comparator.comparing(KeyValue::getKey, BYTES);
            case VERSION -> Comparator.comparing(KeyValue::getVersion);
            case CREATE -> Comparator.comparing(KeyValue::getCreateRevision);
            case MOD -> Comparator.comparing(KeyValue::getModRevision);
            case VALUE -> Comparator.comparing(KeyValue::getValue, BYTES);
            case UNRECOGNIZED -> throw Status.INVALID_ARGUMENT.asRuntimeException();
        };
    }

    /** Whether a compare holds for the keys in its range; a missing key counts as one full of zeros, and has no value. */
    static boolean holds(Compare compare, Collection<KeyValue> found) {
        if (found.isEmpty()) {
            return compare.getTarget() != CompareTarget.VALUE && holds(compare, KeyValue.getDefaultInstance());
        }
        return found.stream().allMatch(kv -> holds(compare, kv));
    }

    private static boolean holds(Compare compare, KeyValue kv) {
        int order = switch (compare.getTarget()) {
            case VERSION -> Long.compare(kv.getVersion(), compare.getVersion());
            case CREATE -> Long.compare(kv.getCreateRevision(), compare.getCreateRevision());
            case MOD -> Long.compare(kv.getModRevision(), compare.getModRevision());
            case LEASE -> Long.compare(kv.getLease(), compare.getLease());
            case VALUE -> BYTES.compare(kv.getValue(), compare.getValue());
            case UNRECOGNIZED -> throw Status.INVALID_ARGUMENT.asRuntimeException();
        };
        return switch (compare.getResult()) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            case UNRECOGNIZED -> throw Status.INVALID_ARGUMENT.asRuntimeException();
        };
    }

    static void checkKey(ByteString key) {
        if (key.isEmpty()) {
            throw refusal(Status.INVALID_ARGUMENT, "key is not provided");
        }
    }

    /** Refuses transactions that are too long, lack a key or write one key twice. */
    static void check(TxnRequest request) {
        check(request, Set.of(), List.of());
    }

    private static void check(TxnRequest request, Set<ByteString> put, List<DeleteRangeRequest> deleted) {
        request.getCompareList().forEach(compare -> checkKey(compare.getKey()));
        int operations =
                Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        if (operations > MAX_OPERATIONS) {
            throw refusal(Status.INVALID_ARGUMENT, "too many operations in txn request");
        }
        check(request.getSuccessList(), put, deleted);
        check(request.getFailureList(), put, deleted);
    }

    private static void check(List<RequestOp> branch, Set<ByteString> outerPut, List<DeleteRangeRequest> outerDeleted) {
        Set<ByteString> put = new HashSet<>(outerPut);
        List<DeleteRangeRequest> deleted = new ArrayList<>(outerDeleted);
        boolean twice = false;
        for (RequestOp op : branch) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> checkKey(op.getRequestRange().getKey());
                case REQUEST_PUT -> {
                    checkKey(op.getRequestPut().getKey());
                    twice |= !put.add(op.getRequestPut().getKey());
                }
                case REQUEST_DELETE_RANGE -> {
                    checkKey(op.getRequestDeleteRange().getKey());
                    deleted.add(op.getRequestDeleteRange());
                }
                case REQUEST_TXN -> check(op.getRequestTxn(), put, deleted);
                case REQUEST_NOT_SET -> throw refusal(Status.INVALID_ARGUMENT, "key not found");
            }
        }
        if (twice || deleted.stream().anyMatch(range -> hits(range, put))) {
            throw refusal(Status.INVALID_ARGUMENT, "duplicate key given in txn request");
        }
    }

    private static boolean hits(DeleteRangeRequest range, Set<ByteString> put) {
        return put.stream().anyMatch(key -> contains(range.getKey(), range.getRangeEnd(), key));
    }

    static StatusRuntimeException refusal(Status status, String text) {
        return status.withDescription("etcdserver: " + text).asRuntimeException();
    }
}
