package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * etcd's Watch service: all open streams. It only wakes them when there is something new; each walks through the commits by itself,
 * as fast as its client takes them.
 */
final class Watches extends WatchGrpc.WatchImplBase {
    static final int MOST_WATCHERS = 100_000;

    private final Set<WatchStream> streams = ConcurrentHashMap.newKeySet();
    private final AtomicInteger watchers = new AtomicInteger();
    private final AtomicInteger changes = new AtomicInteger();
    private final Store store;
    private final Executor executor;
    private final BooleanSupplier drop;

    /** Asks {@code drop} after each watcher it created whether to cut the stream. */
    Watches(Store store, Executor executor, BooleanSupplier drop) {
        this.store = store;
        this.executor = executor;
        this.drop = drop;
        store.listen(this::changed);
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> out) {
        WatchStream stream = new WatchStream(this, store, executor, (ServerCallStreamObserver<WatchResponse>) out);
        streams.add(stream);
        return stream;
    }

    /** Lets those who asked for it hear that there was nothing since the last time. */
    void showProgress() {
        streams.forEach(WatchStream::showProgress);
    }

    void remove(WatchStream stream) {
        streams.remove(stream);
    }

    /** Counts a new watcher; false when there are too many. */
    boolean admit() {
        if (watchers.incrementAndGet() <= MOST_WATCHERS) {
            return true;
        }
        watchers.decrementAndGet();
        return false;
    }

    void dismiss(int count) {
        watchers.addAndGet(-count);
    }

    boolean dropsAfterCreated() {
        return drop.getAsBoolean();
    }

    /** No stream is woken any more. */
    void close() {
        store.listen(() -> {});
    }

    private void changed() {
        if (changes.getAndIncrement() == 0) {
            executor.execute(this::wake);
        }
    }

    private void wake() {
        int seen;
        do {
            seen = changes.get();
            for (WatchStream stream : streams) {
                stream.forgetOld();
                stream.wake();
            }
        } while (changes.addAndGet(-seen) != 0);
    }
}
