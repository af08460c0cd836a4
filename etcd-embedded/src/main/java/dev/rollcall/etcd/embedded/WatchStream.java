package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One client's watch stream. Nothing is sent, and no request read, while the client does not take what was sent: so there is nothing to
 * buffer, and nobody else waits.
 *
 * <p>Whatever happens only wakes it; the work is done by one thread at a time.
 */
final class WatchStream implements StreamObserver<WatchRequest> {
    private final Watches watches;
    private final Executor executor;
    private final ServerCallStreamObserver<WatchResponse> out;

    private final Queue<WatchRequest> requests = new ConcurrentLinkedQueue<>();
    private final AtomicInteger work = new AtomicInteger();
    private volatile boolean cancelled;
    private volatile boolean progressDue;

    // the rest belongs to the thread that works
    private final Watchers watchers;
    private boolean asked;
    private boolean progressAsked;
    private boolean ended;

    WatchStream(Watches watches, Store store, Executor executor, ServerCallStreamObserver<WatchResponse> out) {
        this.watches = watches;
        this.executor = executor;
        this.out = out;
        this.watchers = new Watchers(watches, store, this::send);
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

    /** As {@link Watchers#forgetOld}. */
    void forgetOld() {
        watchers.forgetOld();
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
        return watchers.show() || progress();
    }

    private boolean progress() {
        if (progressAsked) {
            progressAsked = false;
            watchers.showProgress();
            return true;
        }
        if (progressDue) {
            progressDue = false;
            watchers.showProgressOfEach();
            return true;
        }
        return false;
    }

    private void end() {
        if (!ended) {
            ended = true;
            watches.remove(this);
            watches.dismiss(watchers.count());
        }
    }

    private void accept(WatchRequest request) {
        switch (request.getRequestUnionCase()) {
            case CREATE_REQUEST -> create(request.getCreateRequest());
            case CANCEL_REQUEST -> watchers.cancel(request.getCancelRequest().getWatchId());
            case PROGRESS_REQUEST -> progressAsked = true;
            case REQUESTUNION_NOT_SET -> {
                // etcd ignores it too
            }
        }
    }

    private void create(WatchCreateRequest request) {
        String refusal = refusal(request);
        if (refusal != null) {
            watchers.refuse(refusal);
            return;
        }
        Watcher watcher = watchers.create(request);
        if (watches.dropsAfterCreated()) {
            end();
            out.onError(Status.UNAVAILABLE
                    .withDescription("embedded etcd: watch stream dropped as asked")
                    .asRuntimeException());
            return;
        }
        watchers.place(watcher);
    }

    private @Nullable String refusal(WatchCreateRequest request) {
        if (watchers.has(request.getWatchId()) && request.getWatchId() != 0) {
            return "mvcc: duplicate watch ID provided on the WatchStream";
        }
        if (Watcher.range(request).isEmpty()) {
            return "mvcc: watcher range is empty";
        }
        return watches.admit() ? null : "embedded etcd: too many watchers (expected: <= " + Watches.MOST_WATCHERS + ")";
    }

    private void send(WatchResponse.Builder response) {
        if (!ended) {
            out.onNext(response.build());
        }
    }
}
