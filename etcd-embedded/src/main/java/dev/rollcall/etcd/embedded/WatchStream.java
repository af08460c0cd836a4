package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One client's watch stream. All its watchers that are up to date share one position in the list of commits; those that start in the
 * past have their own until they reach it. Nothing is sent, and no request read, while the client does not take what was sent: so
 * there is nothing to buffer, and nobody else waits.
 *
 * <p>Whatever happens only wakes it; the work is done by one thread at a time.
 */
final class WatchStream implements StreamObserver<WatchRequest> {
    private static final long NO_WATCHER = -1;

    private final Watches watches;
    private final Store store;
    private final Executor executor;
    private final ServerCallStreamObserver<WatchResponse> out;

    private final Queue<WatchRequest> requests = new ConcurrentLinkedQueue<>();
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicReference<@Nullable Commit> position;
    private volatile boolean cancelled;
    private volatile boolean progressDue;

    // the rest belongs to the thread that works
    private final Map<Long, Watcher> watchers = new LinkedHashMap<>();
    private final WatcherIndex following = new WatcherIndex();
    private final Deque<Watcher> behind = new ArrayDeque<>();
    private long nextId;
    private boolean asked;
    private boolean progressAsked;
    private boolean ended;

    WatchStream(Watches watches, Store store, Executor executor, ServerCallStreamObserver<WatchResponse> out) {
        this.watches = watches;
        this.store = store;
        this.executor = executor;
        this.out = out;
        this.position = new AtomicReference<>(store.visible());
        out.disableAutoRequest();
        out.setOnReadyHandler(this::wake);
        out.setOnCancelHandler(() -> {
            cancelled = true;
            wake();
        });
    }

    @Override
    public void onNext(WatchRequest request) {
        requests.add(request);
        wake();
    }

    @Override
    public void onError(Throwable cause) {
        cancelled = true;
        wake();
    }

    /** Like etcd's, the stream goes on for a client that has nothing more to ask. */
    @Override
    public void onCompleted() {}

    void showProgress() {
        progressDue = true;
        wake();
    }

    /** Lets go of commits that were compacted and that this stream is too far behind to see. */
    void forgetBefore(long compacted, long bytes) {
        Commit seen = position.get();
        if (seen != null && seen.revision() + 1 < compacted && seen.bytesSoFar() < bytes) {
            position.compareAndSet(seen, null);
        }
    }

    void wake() {
        if (work.getAndIncrement() == 0) {
            executor.execute(this::run);
        }
    }

    private void run() {
        int seen;
        do {
            seen = work.get();
            try {
                turn();
            } catch (RuntimeException e) {
                end();
                if (!out.isCancelled()) {
                    out.onError(Answers.status(e).asRuntimeException());
                }
            }
        } while (work.addAndGet(-seen) != 0);
    }

    private void turn() {
        if (cancelled) {
            end();
        }
        while (!ended && out.isReady() && step()) {
            // until there is nothing to do or the client has enough
        }
    }

    private boolean step() {
        WatchRequest request = requests.poll();
        if (request != null) {
            asked = false;
            accept(request);
            return true;
        }
        if (!asked) {
            asked = true;
            out.request(1);
        }
        return follow() || catchUp() || progress();
    }

    private void end() {
        if (!ended) {
            ended = true;
            watches.remove(this);
            watches.dismiss(watchers.size());
        }
    }

    private void accept(WatchRequest request) {
        switch (request.getRequestUnionCase()) {
            case CREATE_REQUEST -> create(request.getCreateRequest());
            case CANCEL_REQUEST -> {
                Watcher watcher = watchers.get(request.getCancelRequest().getWatchId());
                if (watcher != null) {
                    remove(watcher);
                    send(answer(watcher.id()).setCanceled(true));
                }
            }
            case PROGRESS_REQUEST -> progressAsked = true;
            case REQUESTUNION_NOT_SET -> {
                // etcd ignores it too
            }
        }
    }

    private void create(WatchCreateRequest request) {
        String refusal = refusal(request);
        if (refusal != null) {
            send(answer(NO_WATCHER).setCreated(true).setCanceled(true).setCancelReason(refusal));
            return;
        }
        Commit newest = store.visible();
        long start = request.getStartRevision() == 0 ? newest.revision() + 1 : request.getStartRevision();
        Watcher watcher = new Watcher(id(request), request, start);
        watchers.put(watcher.id(), watcher);
        send(WatchResponse.newBuilder()
                .setHeader(Headers.at(newest.revision()))
                .setWatchId(watcher.id())
                .setCreated(true));
        if (watches.dropsAfterCreated()) {
            end();
            out.onError(Status.UNAVAILABLE
                    .withDescription("embedded etcd: watch stream dropped as asked")
                    .asRuntimeException());
            return;
        }
        place(watcher);
    }

    private @Nullable String refusal(WatchCreateRequest request) {
        if (watchers.containsKey(request.getWatchId()) && request.getWatchId() != 0) {
            return "mvcc: duplicate watch ID provided on the WatchStream";
        }
        if (Watcher.range(request).isEmpty()) {
            return "mvcc: watcher range is empty";
        }
        return watches.admit() ? null : "embedded etcd: too many watchers (expected: <= " + Watches.MOST_WATCHERS + ")";
    }

    private long id(WatchCreateRequest request) {
        if (request.getWatchId() != 0) {
            return request.getWatchId();
        }
        while (watchers.containsKey(nextId)) {
            nextId++;
        }
        return nextId++;
    }

    private void place(Watcher watcher) {
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

    private void remove(Watcher watcher) {
        watchers.remove(watcher.id());
        following.remove(watcher);
        behind.remove(watcher);
        watches.dismiss(1);
    }

    private void compacted(Watcher watcher) {
        remove(watcher);
        send(WatchResponse.newBuilder()
                .setHeader(Headers.at(0))
                .setWatchId(watcher.id())
                .setCanceled(true)
                .setCompactRevision(store.compacted()));
    }

    /** Sends what is new to all that are up to date; false when nothing is. */
    private boolean follow() {
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
    private boolean catchUp() {
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

    private boolean progress() {
        long revision = store.visible().revision();
        if (progressAsked) {
            progressAsked = false;
            // a watcher of the future would take the revision for one that it has seen
            if (watchers.values().stream().allMatch(watcher -> watcher.start() <= revision + 1)) {
                send(answer(NO_WATCHER));
            }
            return true;
        }
        if (progressDue) {
            progressDue = false;
            for (Watcher watcher : watchers.values()) {
                if (!watcher.spoke() && watcher.progress() && watcher.start() <= revision + 1) {
                    send(answer(watcher.id()));
                }
            }
            return true;
        }
        return false;
    }

    private void events(Watcher watcher, List<Event> events, long revision) {
        watcher.speak();
        WatchResponse.Builder response =
                WatchResponse.newBuilder().setHeader(Headers.at(revision)).setWatchId(watcher.id());
        if (watcher.fragment()) {
            Fragments.split(events, response).forEach(this::send);
        } else {
            send(response.addAllEvents(events));
        }
    }

    /** Whatever is answered now tells that everything up to here was sent. */
    private WatchResponse.Builder answer(long watchId) {
        Commit seen = position.get();
        return WatchResponse.newBuilder()
                .setHeader(Headers.at((seen == null ? store.visible() : seen).revision()))
                .setWatchId(watchId);
    }

    private void send(WatchResponse.Builder response) {
        if (!ended) {
            out.onNext(response.build());
        }
    }
}
