package dev.rollcall.bench;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that keep one etcd busy, embedded or real, on a few connections. */
final class EtcdLoad implements AutoCloseable {
    private static final int CONNECTIONS = 4;
    private static final int CLIENTS = 16;
    private static final int KEYS = 10_000;
    private static final ByteString VALUE = ByteString.copyFrom(new byte[256]);

    private final List<ManagedChannel> channels = new ArrayList<>();

    EtcdLoad(String endpoint) {
        for (int i = 0; i < CONNECTIONS; i++) {
            channels.add(Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                    .build());
        }
    }

    private interface Call {
        void apply(KVGrpc.KVBlockingStub kv, ByteString key);
    }

    /** Puts per second by 16 clients. */
    double puts(long millis) throws InterruptedException {
        return rate(millis, (kv, key) -> {
            var unused =
                    kv.put(PutRequest.newBuilder().setKey(key).setValue(VALUE).build());
        });
    }

    /** Reads of one key per second by 16 clients. */
    double ranges(long millis) throws InterruptedException {
        return rate(millis, (kv, key) -> {
            var unused = kv.range(RangeRequest.newBuilder().setKey(key).build());
        });
    }

    private double rate(long millis, Call call) throws InterruptedException {
        AtomicLong count = new AtomicLong();
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            KVGrpc.KVBlockingStub kv = stub(i);
            Thread thread = new Thread(
                    () -> {
                        while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(millis)) {
                            call.apply(
                                    kv.withDeadlineAfter(10, TimeUnit.SECONDS),
                                    ByteString.copyFromUtf8("key" + count.getAndIncrement() % KEYS));
                        }
                    },
                    "client");
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return count.get() * 1e9 / (System.nanoTime() - start);
    }

    /** Events per second that one stream's watchers of the same keys get of so many puts by one client. */
    double fanOut(int watchers, int puts) throws InterruptedException {
        CountDownLatch created = new CountDownLatch(watchers);
        CountDownLatch seen = new CountDownLatch(1);
        AtomicLong left = new AtomicLong((long) watchers * puts);
        StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channels.get(0))
                .watch(new StreamObserver<WatchResponse>() {
                    @Override
                    public void onNext(WatchResponse response) {
                        if (response.getCreated()) {
                            created.countDown();
                        }
                        if (left.addAndGet(-response.getEventsCount()) == 0) {
                            seen.countDown();
                        }
                    }

                    @Override
                    public void onError(Throwable thrown) {}

                    @Override
                    public void onCompleted() {}
                });
        for (int i = 0; i < watchers; i++) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("fan"))
                            .setRangeEnd(ByteString.copyFromUtf8("fao")))
                    .build());
        }
        await(created);
        long start = System.nanoTime();
        for (int i = 0; i < puts; i++) {
            var unused = stub(1).withDeadlineAfter(10, TimeUnit.SECONDS)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("fan" + i % 10))
                            .setValue(VALUE)
                            .build());
        }
        await(seen);
        double rate = watchers * (puts * 1e9) / (System.nanoTime() - start);
        requests.onCompleted();
        return rate;
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("watchers: not all have heard of everything after 60 s");
        }
    }

    private KVGrpc.KVBlockingStub stub(int i) {
        return KVGrpc.newBlockingStub(channels.get(i % CONNECTIONS));
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
