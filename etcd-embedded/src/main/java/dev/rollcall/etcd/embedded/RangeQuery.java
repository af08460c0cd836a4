package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortOrder;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RangeResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Answers a {@code RangeRequest} with all its options, in etcd's order of applying them. */
final class RangeQuery {
    private final RangeRequest request;
    private final List<KeyValue> found = new ArrayList<>();
    private long count;

    private RangeQuery(RangeRequest request) {
        this.request = request;
    }

    /** Throws {@link RefusedException} when the revision asked for is compacted or later than the current one. */
    static RangeResponse.Builder run(Keyspace keys, RangeRequest request, long current) {
        long revision = request.getRevision();
        if (revision > current) {
            throw new RefusedException(Refusal.FUTURE_REVISION);
        }
        if (revision <= 0) {
            revision = current;
        }
        if (revision < keys.compacted()) {
            throw new RefusedException(Refusal.COMPACTED);
        }
        RangeQuery query = new RangeQuery(request);
        query.collect(keys, revision);
        query.filter();
        query.sort();
        return query.answer(current);
    }

    private void collect(Keyspace keys, long revision) {
        // one more than asked for tells whether there are more
        long enough = sorted() || filtered() || request.getLimit() <= 0 ? Long.MAX_VALUE : request.getLimit() + 1;
        if (enough <= 0) {
            enough = Long.MAX_VALUE;
        }
        for (KeyHistory history : keys.in(KeyRange.of(request.getKey(), request.getRangeEnd()))) {
            KeyValue value = history.at(revision);
            if (value != null) {
                count++;
                if (!request.getCountOnly() && found.size() < enough) {
                    found.add(value);
                }
            }
        }
    }

    private boolean sorted() {
        return request.getSortOrder() != SortOrder.NONE;
    }

    private boolean filtered() {
        return request.getMinModRevision() != 0
                || request.getMaxModRevision() != 0
                || request.getMinCreateRevision() != 0
                || request.getMaxCreateRevision() != 0;
    }

    private void filter() {
        if (!filtered()) {
            return;
        }
        found.removeIf(value -> outside(
                        value.getModRevision(), request.getMinModRevision(), request.getMaxModRevision())
                || outside(value.getCreateRevision(), request.getMinCreateRevision(), request.getMaxCreateRevision()));
    }

    private static boolean outside(long revision, long min, long max) {
        return (min != 0 && revision < min) || (max != 0 && revision > max);
    }

    private void sort() {
        // a target other than the key sorts even when no order is asked for
        if (!sorted() && request.getSortTarget() == SortTarget.KEY) {
            return;
        }
        Comparator<KeyValue> order = comparator(request.getSortTarget());
        found.sort(request.getSortOrder() == SortOrder.DESCEND ? order.reversed() : order);
    }

    private static Comparator<KeyValue> comparator(SortTarget target) {
        return switch (target) {
            case KEY -> Comparator.comparing(KeyValue::getKey, ByteString.unsignedLexicographicalComparator());
            case VERSION -> Comparator.comparingLong(KeyValue::getVersion);
            case CREATE -> Comparator.comparingLong(KeyValue::getCreateRevision);
            case MOD -> Comparator.comparingLong(KeyValue::getModRevision);
            case VALUE -> Comparator.comparing(KeyValue::getValue, ByteString.unsignedLexicographicalComparator());
            case UNRECOGNIZED -> throw new RefusedException(Refusal.INVALID_SORT);
        };
    }

    private RangeResponse.Builder answer(long current) {
        RangeResponse.Builder answer =
                RangeResponse.newBuilder().setHeader(Headers.bare(current)).setCount(count);
        List<KeyValue> shown = found;
        if (request.getLimit() > 0 && found.size() > request.getLimit()) {
            shown = found.subList(0, (int) request.getLimit());
            answer.setMore(true);
        }
        if (request.getKeysOnly()) {
            shown.forEach(value -> answer.addKvs(value.toBuilder().clearValue()));
        } else {
            answer.addAllKvs(shown);
        }
        return answer;
    }
}
