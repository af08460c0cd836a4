package dev.rollcall.etcd.internal.view;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole range at one revision, read in pages: the first page gives the revision, the others are pinned to it.
 * Pages are large, since etcd walks the rest of the range for each.
 */
final class Pages {
    /** What was read: all keys of a range as they were at a revision. */
    record Listing(List<KeyValue> all, long revision, long term) {}

    /** How the first page is read. */
    enum Level {
        /** With all that was written before. */
        LINEARIZABLE,
        /** As the server knows it, which may be what it was long ago. */
        SERIALIZABLE
    }

    private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);
    private static final int RESTARTS = 3;

    private final Connection on;
    private final ByteString end;
    private int pageSize;
    private final ByteString start;
    private final Level first;
    private final Reply<Listing> reply;
    private final List<KeyValue> all = new ArrayList<>();
    private long revision;
    private long term;
    private int restarts;

    private Pages(Connection on, ByteString start, ByteString end, int pageSize, Level first, Reply<Listing> reply) {
        this.on = on;
        this.start = start;
        this.end = end;
        this.pageSize = pageSize;
        this.first = first;
        this.reply = reply;
    }

    /** Reads every key that begins with the prefix; all there are when it is empty. */
    static void read(Connection on, ByteString prefix, int pageSize, Level level, Reply<Listing> reply) {
        ByteString start = prefix.isEmpty() ? ZERO : prefix;
        new Pages(on, start, endOf(prefix), pageSize, level, reply).page(start, level);
    }

    /** The first key behind all that begin with the prefix. */
    static ByteString endOf(ByteString prefix) {
        byte[] end = prefix.toByteArray();
        for (int i = end.length - 1; i >= 0; i--) {
            if (end[i] != (byte) 0xff) {
                end[i]++;
                return ByteString.copyFrom(end, 0, i + 1);
            }
        }
        return ZERO; // etcd's sign for "to the last key"
    }

    private void page(ByteString from, Level level) {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(from)
                .setRangeEnd(end)
                .setLimit(pageSize)
                .setRevision(revision)
                .setSerializable(level == Level.SERIALIZABLE)
                .build();
        on.call(KVGrpc.getRangeMethod(), request, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                if (revision == 0) {
                    revision = answer.getHeader().getRevision();
                    term = answer.getHeader().getRaftTerm();
                }
                all.addAll(answer.getKvsList());
                if (answer.getMore() && answer.getKvsCount() > 0) {
                    ByteString last = answer.getKvs(answer.getKvsCount() - 1).getKey();
                    page(last.concat(ZERO), Level.SERIALIZABLE);
                } else {
                    reply.answered(new Listing(all, revision, term));
                }
            }

            @Override
            public void failed(Status status) {
                if (Failures.future(status) && level == Level.SERIALIZABLE) {
                    page(from, Level.LINEARIZABLE); // this member lags; make it catch up
                } else if (Failures.compacted(status) && restarts++ < RESTARTS) {
                    all.clear();
                    revision = 0;
                    page(start, first);
                } else if (tooLarge(status) && pageSize > 1) {
                    pageSize = pageSize / 2;
                    page(from, level);
                } else {
                    reply.failed(status);
                }
            }
        });
    }

    /** gRPC's own words for an answer that is larger than we take. */
    private static boolean tooLarge(Status status) {
        return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
                && String.valueOf(status.getDescription()).contains("maximum size");
    }
}
