package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import dev.rollcall.etcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.awaitility.core.ConditionTimeoutException;

/**
 * One watcher, and the checks of what it saw against what was written: ordered, unique, atomic, reliable, resumable, bookmarkable,
 * prevKV, isCreate and filter, the nine properties that etcd promises its watchers.
 */
final class WatchTrace implements AutoCloseable {
    private final Peer peer;
    private final WatchCreateRequest request;
    private final List<WatchLog> logs = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>();

    private WatchTrace(Peer peer, WatchCreateRequest request) {
        this.peer = peer;
        this.request = request;
        follow(request.getStartRevision());
    }

    /** Some watchers of different kinds, from a revision on. */
    static List<WatchTrace> open(Peer peer, long first, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<WatchTrace> traces = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            WatchCreateRequest.Builder request = WatchCreateRequest.newBuilder()
                    .setKey(bytes("k" + random.nextInt(3)))
                    .setStartRevision(first + random.nextInt(20))
                    .setPrevKv(i % 2 == 0);
            if (i % 3 > 0) {
                request.setRangeEnd(bytes("k" + (3 + random.nextInt(2))));
            }
            if (i % 4 == 3) {
                request.addFilters(i % 8 == 3 ? FilterType.NOPUT : FilterType.NODELETE);
            }
            traces.add(new WatchTrace(peer, request.build()));
        }
        return traces;
    }

    private void follow(long revision) {
        WatchLog log = WatchLog.open(peer);
        log.create(request.toBuilder().setStartRevision(revision).build());
        log.await(WatchResponse::getCreated);
        logs.add(log);
        starts.add(revision);
    }

    /** Asks up to where everything was sent. */
    void askForBookmark() {
        logs.get(0).progress();
    }

    /** Waits until everything was seen; then resumes once from the middle. */
    void finish(History history) {
        awaitEvents(history);
        List<Event> events = logs.get(0).events();
        follow(
                events.isEmpty()
                        ? request.getStartRevision()
                        : events.get(events.size() / 2).getKv().getModRevision());
        awaitEvents(history);
    }

    private void awaitEvents(History history) {
        int last = logs.size() - 1;
        int count = expected(history, starts.get(last)).size();
        try {
            logs.get(last).awaitEvents(count);
        } catch (ConditionTimeoutException e) {
            // what is missing is shown by the check
        }
    }

    void check(History history) {
        for (int i = 0; i < logs.size(); i++) {
            // resumable: what a watcher sees that starts in the middle is judged like the first one
            check(history, starts.get(i), logs.get(i).responses());
        }
    }

    private void check(History history, long start, List<WatchResponse> responses) {
        long seenRevision = 0;
        long bookmark = 0;
        Set<String> unique = new HashSet<>();
        List<String> got = new ArrayList<>();
        for (WatchResponse response : responses) {
            if (response.getWatchId() == -1) {
                bookmark = response.getHeader().getRevision();
                continue;
            }
            for (int i = 0; i < response.getEventsCount(); i++) {
                Event event = response.getEvents(i);
                long revision = event.getKv().getModRevision();
                expect(revision >= seenRevision, "ordered", event);
                expect(i > 0 || revision > seenRevision, "atomic", event);
                expect(revision > bookmark, "bookmarkable", event);
                expect(unique.add(revision + " " + event.getKv().getKey().toStringUtf8()), "unique", event);
                expect(revision >= start, "filter", event);
                seenRevision = revision;
                got.add(show(event));
            }
        }
        List<String> expected = expected(history, start);
        if (!got.equals(expected)) {
            throw new AssertionError("reliable, prevKV, isCreate, filter: " + request + " from " + start + "\n got "
                    + got + "\n expected " + expected);
        }
    }

    private List<String> expected(History history, long start) {
        List<String> expected = new ArrayList<>();
        history.writes().tailMap(start).forEach((revision, writes) -> {
            for (Map.Entry<String, String> write : new TreeMap<>(writes).entrySet()) {
                String key = write.getKey();
                boolean deletion = write.getValue().equals(History.NOTHING);
                FilterType filter = deletion ? FilterType.NODELETE : FilterType.NOPUT;
                if (inRange(key) && !request.getFiltersList().contains(filter)) {
                    expected.add(show(
                            key,
                            history.at(key, revision),
                            request.getPrevKv() ? history.at(key, revision - 1) : null));
                }
            }
        });
        return expected;
    }

    private boolean inRange(String key) {
        String from = request.getKey().toStringUtf8();
        String to = request.getRangeEnd().toStringUtf8();
        return to.isEmpty() ? key.equals(from) : key.compareTo(from) >= 0 && key.compareTo(to) < 0;
    }

    private static String show(String key, History.Version after, History.Version before) {
        String prev = before == null || !before.there() ? "" : " before " + before;
        return key + " " + after + prev;
    }

    private static String show(Event event) {
        KeyValue kv = event.getKv();
        boolean deletion = event.getType() == EventType.DELETE;
        String prev = event.hasPrevKv() ? " before " + version(event.getPrevKv()) : "";
        return kv.getKey().toStringUtf8() + " "
                + (deletion ? new History.Version(History.NOTHING, 0, kv.getModRevision(), 0) : version(kv)) + prev;
    }

    private static History.Version version(KeyValue kv) {
        return new History.Version(
                kv.getValue().toStringUtf8(), kv.getCreateRevision(), kv.getModRevision(), kv.getVersion());
    }

    private static void expect(boolean holds, String property, Event event) {
        if (!holds) {
            throw new AssertionError("not " + property + ": " + event);
        }
    }

    @Override
    public void close() {
        logs.forEach(WatchLog::close);
    }
}
