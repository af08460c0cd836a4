package dev.rollcall.etcd.internal.view;

import com.google.protobuf.ByteString;
import dev.rollcall.RollcallException;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import dev.rollcall.etcd.internal.client.Watches;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows all keys below one prefix, for ever: lists them at a revision, watches from the next one on, and applies revision by
 * revision. After every interruption it proves that etcd's history is still the one it followed before it resumes; if it is not, or
 * cannot be known, it lists again.
 */
final class Follower {
    /** Told what is below the prefix, in etcd's order. */
    interface Sink {
        /** A key is there, with this value. */
        void put(String key, KeyValue kv);

        /** A key was deleted. */
        void deleted(String key);

        /** All keys that are there were put; these have gone unseen. */
        void listed(Set<String> gone, Continuity continuity);

        /** What was told until now is etcd's state at a revision. */
        void applied(long revision);

        /** The same, and it is up to date. */
        void live(long revision);

        /** From here on it may be out of date. */
        void stale();

        /** etcd refuses to show the content, or cannot; it is asked again. */
        void troubled(RollcallException problem);
    }

    /** How a list relates to what was followed before. */
    enum Continuity {
        /** The same history, further on. */
        SAME,
        /** etcd was wiped or restored, or nothing shows that it was not. */
        OTHER
    }

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(5);

    /** All who follow a prefix lose their place in the same compaction. */
    private static final Duration RELIST_WITHIN = Duration.ofSeconds(1);

    private final Engine engine;
    private final Client client;
    private final Watches watches;
    private final ByteString prefix;
    private final int pageSize;
    private final Sink sink;
    private final Backoff backoff;
    private final Seen seen = new Seen();
    private @Nullable ScheduledHandle retry;
    private Watches.@Nullable Watch watch;
    /** What the next list is known to be beforehand; null when there is no need for a list. */
    private @Nullable Continuity owed = Continuity.SAME;

    private boolean everListed;
    private boolean closed;
    private long watchedSince;
    /** Grows whenever what is under way has lost its meaning. */
    private int turn;

    Follower(Engine engine, Client client, Watches watches, ByteString prefix, int pageSize, Sink sink) {
        this.engine = engine;
        this.client = client;
        this.watches = watches;
        this.prefix = prefix;
        this.pageSize = pageSize;
        this.sink = sink;
        this.backoff = new Backoff(engine, LONGEST_RETRY);
    }

    void start() {
        Connection on = client.connection();
        if (on != null) {
            begin(on);
        }
    }

    void connected(Connection made) {
        begin(made);
    }

    /** Shows what a server without a quorum knows, rather than nothing; it may be old, so it is proven like any other later. */
    void degraded(Connection on) {
        int mine = turn;
        if (!everListed) {
            Pages.read(on, prefix, pageSize, Pages.Level.SERIALIZABLE, new Reply<>() {
                @Override
                public void answered(Pages.Listing listing) {
                    if (mine == turn && !everListed) {
                        // alone, a server counts elections that never were
                        take(new Pages.Listing(listing.all(), listing.revision(), 0), Continuity.SAME);
                        sink.applied(seen.revision());
                    }
                }

                @Override
                public void failed(Status status) {
                    // the client tells why, and tries again
                }
            });
        }
    }

    void disconnected() {
        turn++;
        watch = null;
        cancelRetry();
        sink.stale();
    }

    void close() {
        closed = true;
        turn++;
        cancelRetry();
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }

    private void begin(Connection on) {
        cancelRetry();
        if (closed || watch != null) {
            return;
        }
        turn++;
        Continuity list = owed;
        if (list == null) {
            proveHistory(on);
        } else {
            list(on, list);
        }
    }

    // --- list ---

    private void list(Connection on, Continuity continuity) {
        int mine = turn;
        owed = continuity;
        engine.count("lists");
        Pages.read(on, prefix, pageSize, Pages.Level.LINEARIZABLE, new Reply<>() {
            @Override
            public void answered(Pages.Listing listing) {
                if (mine == turn) {
                    take(listing, continuity);
                    sink.live(seen.revision());
                    watchFrom(listing.revision() + 1);
                }
            }

            @Override
            public void failed(Status status) {
                if (mine == turn) {
                    sink.troubled(Failures.explain(status, on.endpoint()));
                    retry(0);
                }
            }
        });
    }

    private void take(Pages.Listing listing, Continuity assumed) {
        boolean other = assumed == Continuity.OTHER || (everListed && !seen.continuesIn(listing));
        everListed = true;
        owed = null;
        Set<String> gone = seen.replacedBy(listing);
        listing.all().forEach(this::put);
        sink.listed(gone, other ? Continuity.OTHER : Continuity.SAME);
    }

    // --- resume ---

    /**
     * The anchor check: at the revision we have applied, etcd must hold as many keys as we do, and the same newest one. A
     * linearizable read cannot lag, so a revision from the future is a proof of another history too.
     */
    private void proveHistory(Connection on) {
        int mine = turn;
        RangeRequest anchor = RangeRequest.newBuilder()
                .setKey(prefix)
                .setRangeEnd(Pages.endOf(prefix))
                .setRevision(seen.revision())
                .setSortOrder(RangeRequest.SortOrder.DESCEND)
                .setSortTarget(RangeRequest.SortTarget.MOD)
                .setLimit(1)
                .setKeysOnly(true)
                .build();
        on.call(KVGrpc.getRangeMethod(), anchor, new Reply<RangeResponse>() {
            @Override
            public void answered(RangeResponse answer) {
                if (mine != turn) {
                    return;
                }
                if (seen.isWhatWasHeld(answer)) {
                    watchFrom(seen.revision() + 1);
                } else {
                    list(on, Continuity.OTHER);
                }
            }

            @Override
            public void failed(Status status) {
                if (mine != turn) {
                    return;
                }
                if (Failures.future(status)) {
                    list(on, Continuity.OTHER);
                } else if (Failures.compacted(status)) {
                    lostPlace();
                } else {
                    sink.troubled(Failures.explain(status, on.endpoint()));
                    retry(0);
                }
            }
        });
    }

    // --- watch ---

    private void watchFrom(long revision) {
        int mine = turn;
        Connection on = client.connection();
        String endpoint = on == null ? "" : on.endpoint();
        watchedSince = engine.now();
        watch = watches.watch(prefix, Pages.endOf(prefix), revision, new Watches.Handler() {
            @Override
            public void created() {
                if (mine == turn) {
                    sink.live(seen.revision());
                }
            }

            @Override
            public void events(List<Event> events) {
                if (mine == turn) {
                    apply(events);
                }
            }

            @Override
            public void compacted() {
                if (mine == turn) {
                    interrupted();
                    lostPlace();
                }
            }

            @Override
            public void ended(Status status) {
                if (mine == turn) {
                    interrupted();
                    sink.troubled(Failures.explain(status, endpoint));
                    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                        owed = Continuity.SAME; // the same answer would be as large again
                    }
                    retry(0);
                }
            }
        });
    }

    private void interrupted() {
        watch = null;
        turn++;
        if (engine.now() - watchedSince > LONGEST_RETRY.toNanos()) {
            backoff.reset();
        }
        sink.stale();
    }

    /** What we have applied is too long ago to go on from there. */
    private void lostPlace() {
        owed = Continuity.SAME;
        retry(engine.jitter(RELIST_WITHIN));
    }

    /** Revision by revision; what was applied before is left out, for a server may send an event twice. */
    private void apply(List<Event> events) {
        int from = 0;
        while (from < events.size()) {
            long revision = revision(events, from);
            int to = from + 1;
            while (to < events.size() && revision(events, to) == revision) {
                to++;
            }
            if (revision > seen.revision()) {
                events.subList(from, to).forEach(this::apply);
                seen.reached(revision);
            }
            from = to;
        }
        sink.applied(seen.revision());
    }

    private static long revision(List<Event> events, int at) {
        return events.get(at).getKv().getModRevision();
    }

    private void apply(Event event) {
        if (event.getType() == Event.EventType.DELETE) {
            String key = Values.key(event.getKv());
            seen.remove(key);
            sink.deleted(key);
        } else {
            put(event.getKv());
        }
    }

    private void put(KeyValue kv) {
        String key = Values.key(kv);
        seen.put(key, kv);
        sink.put(key, kv);
    }

    private void retry(long extraNanos) {
        cancelRetry();
        retry = engine.after(backoff.next() + extraNanos, () -> {
            Connection on = client.connection();
            if (on != null) {
                begin(on);
            }
        });
    }

    private void cancelRetry() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
    }
}
