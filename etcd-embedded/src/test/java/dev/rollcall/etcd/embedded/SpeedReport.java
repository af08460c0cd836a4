package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * How fast the embedded etcd is beside a real one on this machine. Not a test: run its main method, with {@code java.io.tmpdir} on a
 * tmpfs so that the real one does not wait for a disk.
 */
final class SpeedReport {
    private static final int CLIENTS = 16;
    private static final int SECONDS = 4;
    private static final int WATCHERS = 1_000;
    private static final int EVENTS = 200;

    private SpeedReport() {}

    public static void main(String[] arguments) throws Exception {
        long start = System.nanoTime();
        EmbeddedEtcd.start().close();
        line("start, cold JVM", millis(start));
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            start = System.nanoTime();
            EmbeddedEtcd.start().close();
            best = Math.min(best, System.nanoTime() - start);
        }
        line("start and close, warm JVM", best / 1e6 + " ms");
        Path data = Files.createTempDirectory("rollcall-speed-");
        for (int round = 1; round <= 3; round++) {
            line("round", "" + round);
            try (EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults())) {
                measure("real etcd", etcd.endpoint());
            }
            try (EmbeddedEtcd etcd = EmbeddedEtcd.start()) {
                measure("embedded, memory", etcd.endpoint());
            }
            try (EmbeddedEtcd etcd =
                    EmbeddedEtcd.builder().data(data.resolve("round-" + round)).start()) {
                measure("embedded, directory", etcd.endpoint());
            }
        }
        memory();
    }

    private static void measure(String name, String endpoint) throws Exception {
        ByteString value = ByteString.copyFrom(new byte[256]);
        String puts = rate(
                endpoint,
                (peer, i) -> peer.kv()
                        .put(PutRequest.newBuilder()
                                .setKey(bytes("key" + i % 10_000))
                                .setValue(value)
                                .build()));
        String gets = rate(
                endpoint,
                (peer, i) -> peer.kv()
                        .range(RangeRequest.newBuilder()
                                .setKey(bytes("key" + i % 10_000))
                                .build()));
        line(name, "puts/s " + puts + ", ranges/s " + gets + ", fan-out events/s " + fanOut(endpoint));
    }

    private interface Call {
        Object apply(Peer peer, long i);
    }

    private static String rate(String endpoint, Call call) throws InterruptedException {
        AtomicLong count = new AtomicLong();
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            peers.add(Peer.at(endpoint));
        }
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < CLIENTS; t++) {
            Peer peer = peers.get(t % peers.size());
            Thread thread = new Thread(() -> {
                while (System.nanoTime() - end < 0) {
                    call.apply(peer, count.getAndIncrement());
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        peers.forEach(Peer::close);
        return "" + count.get() / SECONDS;
    }

    private static String fanOut(String endpoint) throws InterruptedException {
        try (Peer writer = Peer.at(endpoint);
                Peer reader = Peer.at(endpoint)) {
            CountDownLatch created = new CountDownLatch(WATCHERS);
            CountDownLatch seen = new CountDownLatch(WATCHERS * EVENTS);
            Consumer<WatchResponse> count = response -> {
                if (response.getCreated()) {
                    created.countDown();
                }
                for (int i = 0; i < response.getEventsCount(); i++) {
                    seen.countDown();
                }
            };
            WatchLog watch = WatchLog.counting(reader, count);
            for (int i = 0; i < WATCHERS; i++) {
                watch.create(WatchCreateRequest.newBuilder()
                        .setKey(bytes("fan"))
                        .setRangeEnd(bytes("fao"))
                        .build());
            }
            created.await();
            long start = System.nanoTime();
            for (int i = 0; i < EVENTS; i++) {
                writer.put("fan" + i % 10, "x");
            }
            seen.await();
            return "" + Math.round(WATCHERS * EVENTS / ((System.nanoTime() - start) / 1e9));
        }
    }

    private static void memory() {
        ByteString value = ByteString.copyFrom(new byte[256]);
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        long before = runtime.totalMemory() - runtime.freeMemory();
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
                Peer peer = Peer.at(etcd.endpoint())) {
            for (int i = 0; i < 100_000; i += 100) {
                TxnRequest.Builder txn = TxnRequest.newBuilder();
                for (int j = i; j < i + 100; j++) {
                    txn.addSuccess(RequestOp.newBuilder()
                            .setRequestPut(PutRequest.newBuilder()
                                    .setKey(bytes("/micro/registry/service/" + j))
                                    .setValue(value)));
                }
                var unused = peer.kv().txn(txn.build());
            }
            System.gc();
            long after = runtime.totalMemory() - runtime.freeMemory();
            line("100,000 keys of 256 bytes", (after - before) / (1 << 20) + " MiB of heap");
        }
    }

    private static String millis(long start) {
        return String.format(Locale.ROOT, "%.0f ms", (System.nanoTime() - start) / 1e6);
    }

    private static void line(String name, String text) {
        System.out.printf("%-28s %s%n", name, text);
    }
}
