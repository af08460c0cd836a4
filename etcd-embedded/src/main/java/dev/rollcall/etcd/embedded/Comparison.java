package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.KeyValue;
import java.util.List;

/** Whether a transaction's condition holds: for a range, for every living key of it. */
final class Comparison {
    private Comparison() {}

    static boolean holds(Keyspace keys, Compare compare) {
        List<KeyValue> living = keys.living(KeyRange.of(compare.getKey(), compare.getRangeEnd()));
        if (living.isEmpty()) {
            // a key that is not there has revision and version 0, but no value, not even the empty one
            return compare.getTarget() != CompareTarget.VALUE && holds(KeyValue.getDefaultInstance(), compare);
        }
        return living.stream().allMatch(value -> holds(value, compare));
    }

    private static boolean holds(KeyValue value, Compare compare) {
        int order = switch (compare.getTarget()) {
            case VALUE -> ByteString.unsignedLexicographicalComparator().compare(value.getValue(), compare.getValue());
            case VERSION -> Long.compare(value.getVersion(), compare.getVersion());
            case CREATE -> Long.compare(value.getCreateRevision(), compare.getCreateRevision());
            case MOD -> Long.compare(value.getModRevision(), compare.getModRevision());
            case LEASE -> Long.compare(value.getLease(), compare.getLease());
            case UNRECOGNIZED -> 0;
        };
        return switch (compare.getResult()) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            case UNRECOGNIZED -> true;
        };
    }
}
