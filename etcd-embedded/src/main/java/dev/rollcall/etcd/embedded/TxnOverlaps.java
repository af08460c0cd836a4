package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.RequestOp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds keys that one transaction would write twice, or write and delete: etcd refuses those. Of a nested transaction both branches
 * count, but may write the same keys, since only one of them runs.
 */
final class TxnOverlaps {
    private final Set<ByteString> puts = new HashSet<>();
    private final List<KeyRange> deletes = new ArrayList<>();

    private TxnOverlaps() {}

    /** Throws {@link RefusedException} when the operations overlap. */
    static void check(List<RequestOp> operations) {
        of(operations);
    }

    private static TxnOverlaps of(List<RequestOp> operations) {
        TxnOverlaps level = new TxnOverlaps();
        for (RequestOp operation : operations) {
            if (operation.hasRequestDeleteRange()) {
                level.delete(
                        operation.getRequestDeleteRange().getKey(),
                        operation.getRequestDeleteRange().getRangeEnd());
            }
        }
        for (RequestOp operation : operations) {
            if (operation.hasRequestTxn()) {
                TxnOverlaps success = of(operation.getRequestTxn().getSuccessList());
                TxnOverlaps failure = of(operation.getRequestTxn().getFailureList());
                success.puts.forEach(level::put);
                failure.puts.stream().filter(key -> !success.puts.contains(key)).forEach(level::put);
                failure.puts.forEach(level::notDeleted);
                level.deletes.addAll(success.deletes);
                level.deletes.addAll(failure.deletes);
            }
        }
        for (RequestOp operation : operations) {
            if (operation.hasRequestPut()) {
                level.put(operation.getRequestPut().getKey());
            }
        }
        return level;
    }

    private void delete(ByteString key, ByteString rangeEnd) {
        deletes.add(KeyRange.of(key, rangeEnd));
    }

    private void put(ByteString key) {
        notDeleted(key);
        if (!puts.add(key)) {
            throw new RefusedException(Refusal.DUPLICATE_KEY);
        }
    }

    private void notDeleted(ByteString key) {
        byte[] bytes = key.toByteArray();
        if (deletes.stream().anyMatch(range -> range.contains(bytes))) {
            throw new RefusedException(Refusal.DUPLICATE_KEY);
        }
    }
}
