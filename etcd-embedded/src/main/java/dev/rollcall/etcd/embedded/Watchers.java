package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The watchers of one stream. All that are up to date share one position in the list of commits; those that start in the past have
 * their own until they reach it. Used by one thread at a time, but for {@link #forgetBefore}.
 */
final class Watchers {
    private static final long NO_WATCHER = -1;

    private final Watches watches;
    private final Store store;
    private final Consumer<WatchResponse.Builder> out;
    private final AtomicReference<@Nullable Commit> position;
    private final Map<Long, Watcher> all = new LinkedHashMap<>();
    private final WatcherIndex following = new WatcherIndex();
    private final Deque<Watcher> behind = new ArrayDeque<>();
    private long nextId;

    Watchers(Watches watches, Store store, Consumer<WatchResponse.Builder> out) {
        this.watches = watches;
        this.store = store;
        this.out = out;
        this.position = new AtomicReference<>(store.visible());
    }

    int count() {
        return all.size();
    }

    boolean has(long id) {
        return all.containsKey(id);
    }

    /** Lets go of commits that were compacted and that this stream is too far behind to see. */
    void forgetBefore(long compacted, long bytes) {
        Commit seen = position.get();
        if (seen != null && seen.revision() + 1 < compacted && seen.bytesSoFar() < bytes) {
            position.compareAndSet(seen, null);
        }
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
        Commit seen = position.get();
        if (seen != null && watcher.start() > seen.revision()) {
            following.add(watcher);
            return;
        }
        Commit from = store.before(watcher.start());
        if (from == null) {
            compacted(watcher);
            return;
        }
        watcher.moveTo(from);
        behind.add(watcher);
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
        following.remove(watcher);
        behind.remove(watcher);
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

    /** Sends what is new to all that are up to date; false when nothing is. */
    boolean follow() {
        Commit seen = position.get();
        Commit newest = store.visible();
        if (seen == null) {
            position.set(newest);
            following.all().stream()
                    .filter(watcher -> watcher.start() <= newest.revision())
                    .forEach(this::compacted);
            return true;
        }
        if (seen.revision() >= newest.revision()) {
            return false;
        }
        if (following.isEmpty()) {
            position.compareAndSet(seen, newest);
            return true;
        }
        WatchBatch batch = new WatchBatch(seen);
        while (batch.advance(newest.revision())) {
            for (Change change : batch.at().changes()) {
                following.forEach(change, watcher -> batch.add(watcher, change));
            }
        }
        position.compareAndSet(seen, batch.at());
        batch.forEach(this::events);
        return true;
    }

    /** Sends the next of those that are behind what it missed; false when none is. */
    boolean catchUp() {
        Commit target = position.get();
        Watcher watcher = target == null ? null : behind.poll();
        if (watcher == null || target == null) {
            return false;
        }
        Commit cursor = watcher.cursor();
        if (cursor.revision() + 1 < store.compacted()) {
            compacted(watcher);
            return true;
        }
        WatchBatch batch = new WatchBatch(cursor);
        while (batch.advance(target.revision())) {
            for (Change change : batch.at().changes()) {
                batch.add(watcher, change);
            }
        }
        if (batch.at().revision() >= target.revision()) {
            watcher.caughtUp();
            following.add(watcher);
        } else {
            watcher.moveTo(batch.at());
            behind.add(watcher);
        }
        batch.forEach(this::events);
        return true;
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
        Commit seen = position.get();
        return WatchResponse.newBuilder()
                .setHeader(Headers.at((seen == null ? store.visible() : seen).revision()))
                .setWatchId(watchId);
    }
}
