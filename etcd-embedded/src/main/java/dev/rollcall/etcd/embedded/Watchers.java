package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The watchers of one stream. Each commit is looked at once, to find who wants to see it; those wait in line, and whose turn comes sees
 * everything up to then. So a client that takes less than is written gets fewer and larger responses. Used by one thread at a time,
 * but for {@link #forgetOld}.
 */
final class Watchers {
    private static final long NO_WATCHER = -1;

    /** How much a slow client may keep alive of what was compacted. */
    private static final long MOST_KEPT_BYTES = 64 << 20;

    private final Watches watches;
    private final Store store;
    private final Consumer<WatchResponse.Builder> out;
    private final AtomicReference<@Nullable Line> line;
    private final Map<Long, Watcher> all = new LinkedHashMap<>();
    private final WatcherIndex index = new WatcherIndex();
    private long nextId;

    /** How far the commits were looked at, and who waits to see some, each with the last one it has seen. */
    private static final class Line {
        private final Map<Watcher, Commit> waiting = new LinkedHashMap<>();
        private volatile Commit looked;

        Line(Commit newest) {
            looked = newest;
        }
    }

    Watchers(Watches watches, Store store, Consumer<WatchResponse.Builder> out) {
        this.watches = watches;
        this.store = store;
        this.out = out;
        this.line = new AtomicReference<>(new Line(store.visible()));
    }

    int count() {
        return all.size();
    }

    boolean has(long id) {
        return all.containsKey(id);
    }

    /** Lets go of commits that were compacted and that this stream is too far behind to see. */
    void forgetOld() {
        Line now = line.get();
        if (now != null && tooOld(now.looked)) {
            line.compareAndSet(now, null);
        }
    }

    private boolean tooOld(Commit seen) {
        return seen.bytesSoFar() < store.visible().bytesSoFar() - MOST_KEPT_BYTES
                && seen.revision() + 1 < store.compacted();
    }

    /** Tells the client that there will be no such watcher. */
    void refuse(String reason) {
        out.accept(answer(NO_WATCHER).setCreated(true).setCanceled(true).setCancelReason(reason));
    }

    /** A new one, of which its client hears; it sees nothing before it is placed. */
    Watcher create(WatchCreateRequest request) {
        Commit newest = store.visible();
        long start = request.getStartRevision() == 0 ? newest.revision() + 1 : request.getStartRevision();
        Watcher watcher = new Watcher(id(request), request, start);
        all.put(watcher.id(), watcher);
        out.accept(WatchResponse.newBuilder()
                .setHeader(Headers.at(newest.revision()))
                .setWatchId(watcher.id())
                .setCreated(true));
        return watcher;
    }

    private long id(WatchCreateRequest request) {
        if (request.getWatchId() != 0) {
            return request.getWatchId();
        }
        while (all.containsKey(nextId)) {
            nextId++;
        }
        return nextId++;
    }

    /** Lets a new one see what it wants from now on. */
    void place(Watcher watcher) {
        index.add(watcher);
        Line now = line.get();
        if (now == null || watcher.start() > now.looked.revision()) {
            return;
        }
        Commit from = store.before(watcher.start());
        if (from == null) {
            compacted(watcher);
        } else {
            now.waiting.put(watcher, from);
        }
    }

    /** Takes one away as its client wants, if it is there. */
    void cancel(long id) {
        Watcher watcher = all.get(id);
        if (watcher != null) {
            remove(watcher);
            out.accept(answer(id).setCanceled(true));
        }
    }

    private void remove(Watcher watcher) {
        all.remove(watcher.id());
        index.remove(watcher);
        Line now = line.get();
        if (now != null) {
            now.waiting.remove(watcher);
        }
        watches.dismiss(1);
    }

    private void compacted(Watcher watcher) {
        remove(watcher);
        out.accept(WatchResponse.newBuilder()
                .setHeader(Headers.at(0))
                .setWatchId(watcher.id())
                .setCanceled(true)
                .setCompactRevision(store.compacted()));
    }

    /** Sends the first in line what it has not seen; false when nobody waits. */
    boolean show() {
        Line now = line.get();
        if (now == null) {
            beginAnew();
            return true;
        }
        look(now);
        var waiting = now.waiting.entrySet().iterator();
        if (!waiting.hasNext()) {
            return false;
        }
        var first = waiting.next();
        waiting.remove();
        show(first.getKey(), first.getValue(), now);
        return true;
    }

    /** Goes on with those who want to see nothing that was forgotten. */
    private void beginAnew() {
        Commit newest = store.visible();
        line.set(new Line(newest));
        List.copyOf(all.values()).stream()
                .filter(watcher -> watcher.start() <= newest.revision())
                .forEach(this::compacted);
    }

    private void look(Line now) {
        Commit newest = store.visible();
        Commit seen = now.looked;
        while (seen.revision() < newest.revision()) {
            Commit before = seen;
            Commit commit = Objects.requireNonNull(seen.next());
            for (Change change : commit.changes()) {
                index.forEach(change, watcher -> {
                    if (watcher.wants(commit.revision(), change)) {
                        now.waiting.putIfAbsent(watcher, before);
                    }
                });
            }
            seen = commit;
        }
        now.looked = seen;
    }

    private void show(Watcher watcher, Commit seen, Line now) {
        if (tooOld(seen)) {
            compacted(watcher);
            return;
        }
        WatchBatch batch = WatchBatch.after(seen, now.looked.revision(), watcher);
        if (batch.last().revision() < now.looked.revision()) {
            now.waiting.put(watcher, batch.last());
        }
        if (!batch.events().isEmpty()) {
            events(watcher, batch.events(), batch.last().revision());
        }
    }

    /** Tells how far all are, if that can be said in one revision. */
    void showProgress() {
        long revision = store.visible().revision();
        // a watcher of the future would take the revision for one that it has seen
        if (all.values().stream().allMatch(watcher -> watcher.start() <= revision + 1)) {
            out.accept(answer(NO_WATCHER));
        }
    }

    /** Tells those who asked for it and have heard nothing since the last time how far they are. */
    void showProgressOfEach() {
        long revision = store.visible().revision();
        for (Watcher watcher : all.values()) {
            if (!watcher.spoke() && watcher.progress() && watcher.start() <= revision + 1) {
                out.accept(answer(watcher.id()));
            }
        }
    }

    private void events(Watcher watcher, List<Event> events, long revision) {
        watcher.speak();
        WatchResponse.Builder response =
                WatchResponse.newBuilder().setHeader(Headers.at(revision)).setWatchId(watcher.id());
        if (watcher.fragment()) {
            Fragments.split(events, response).forEach(out);
        } else {
            out.accept(response.addAllEvents(events));
        }
    }

    /** Whatever is answered now tells that everything up to here was sent. */
    private WatchResponse.Builder answer(long watchId) {
        Line now = line.get();
        return WatchResponse.newBuilder()
                .setHeader(Headers.at((now == null ? store.visible() : now.looked).revision()))
                .setWatchId(watchId);
    }
}
