package dev.rollcall.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Puts the requests of a seed to two servers until they differ, which throws an {@link AssertionError} that names seed and step. */
final class Differential {
    private static final int ROUND = 100;
    private static final int WATCHES = 4;

    private final long seed;
    private final Script script;
    private final Peer real;
    private final Peer ours;
    private final Set<Deviation> known;
    private long revision = 1;
    private long compacted = -1;
    private int step;

    /** Does not compare what the real one is known to answer otherwise. */
    Differential(long seed, Peer real, Peer ours, Set<Deviation> known) {
        this.seed = seed;
        this.script = new Script(seed);
        this.real = real;
        this.ours = ours;
        this.known = known;
    }

    /** Compares a new real one with a new embedded one. */
    static void compare(EtcdOptions options, Set<Deviation> known, long seed, int operations) {
        try (EtcdProcess etcd = EtcdProcess.launch(options.withoutFsync());
                EmbeddedEtcd embedded = EmbeddedEtcd.builder().frozenLeases().start();
                Peer real = Peer.at(etcd.endpoint());
                Peer ours = Peer.at(embedded.endpoint())) {
            new Differential(seed, real, ours, known).run(operations);
        }
    }

    /** {@code -Drollcall.seed=N}, else a new one. */
    static long seed() {
        return Long.getLong("rollcall.seed", System.nanoTime());
    }

    void run(int operations) {
        while (step < operations) {
            List<Watch> watches = new ArrayList<>();
            for (int i = 0; i < WATCHES; i++) {
                WatchCreateRequest request = script.watch(revision, compacted);
                watches.add(
                        new Watch(request, request.getStartRevision() < compacted && request.getStartRevision() > 0));
            }
            for (int i = 0; i < ROUND; i++) {
                step++;
                Message request = script.next(revision, compacted);
                // a watcher that lags when its revision is compacted may see it or not
                if (!(request instanceof CompactionRequest)) {
                    same(request);
                }
            }
            for (Watch watch : watches) {
                watch.finish();
            }
            Message last = script.compaction(revision, compacted);
            same(last);
        }
    }

    private void same(Message request) {
        var theirs = real.send(request);
        var own = ours.send(request);
        String expected = Normal.form(theirs);
        String got = Normal.form(own);
        if (!Deviation.explains(known, request, expected, got)) {
            assertThat(got)
                    .as(
                            "seed %d, step %d, %s:%n%s",
                            seed, step, request.getClass().getSimpleName(), request)
                    .isEqualTo(expected);
        }
        revision = Math.max(revision, Normal.revision(own));
        if (request instanceof CompactionRequest compaction && !got.startsWith("OUT_OF_RANGE")) {
            compacted = compaction.getRevision();
        }
    }

    private final class Watch {
        private final WatchCreateRequest request;
        private final boolean tooOld;
        private final WatchLog theirs = WatchLog.open(real);
        private final WatchLog own = WatchLog.open(ours);

        Watch(WatchCreateRequest request, boolean tooOld) {
            this.request = request;
            this.tooOld = tooOld;
            theirs.create(request);
            own.create(request);
            theirs.await(WatchResponse::getCreated);
            own.await(WatchResponse::getCreated);
        }

        void finish() {
            if (tooOld) {
                assertThat(end(own))
                        .as("seed %d, step %d, watch:%n%s", seed, step, request)
                        .isEqualTo(end(theirs));
            } else {
                same(PutRequest.newBuilder().setKey(request.getKey()).build());
                long put = revision;
                same(DeleteRangeRequest.newBuilder().setKey(request.getKey()).build());
                long marker = request.getFiltersList().contains(FilterType.NODELETE) ? put : revision;
                assertThat(seen(own, marker))
                        .as("seed %d, step %d, compacted %d, watch:%n%s", seed, step, compacted, request)
                        .isEqualTo(seen(theirs, marker));
            }
            theirs.close();
            own.close();
        }

        private String end(WatchLog log) {
            WatchResponse end = log.await(WatchResponse::getCanceled);
            return end.getWatchId() + " " + end.getHeader().getRevision() + " " + end.getCompactRevision() + " "
                    + end.getCancelReason();
        }

        private List<Event> seen(WatchLog log, long marker) {
            log.await(response -> response.getEventsList().stream()
                    .anyMatch(event -> event.getKv().getModRevision() >= marker));
            return log.events().stream()
                    .filter(event -> event.getKv().getModRevision() <= marker)
                    .filter(event -> !known.contains(Deviation.LOST_DELETION)
                            || event.getType() != EventType.DELETE
                            || event.getKv().getModRevision() != compacted)
                    .toList();
        }
    }
}
