package dev.rollcall.bench;

import com.google.protobuf.ByteString;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.testing.EtcdProcess;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * On the same put, the moment a watch on a bare gRPC stub has the event is compared with the moment a thread that does nothing but
 * read the view's snapshot sees it. Both watches are of one process, each on its own connection; in half of the rounds the one is
 * opened first, in half the other, since etcd serves the older watch first.
 */
final class ViewQuestion implements Question {
    private static final int INSTANCES = 100;
    private static final int PUTS = 1_000;
    private static final int WARM_UP = 500;
    private static final int ROUNDS = 4;
    private static final long BETWEEN_PUTS = TimeUnit.MILLISECONDS.toNanos(2);

    @Override
    public String name() {
        return "view";
    }

    @Override
    public String title() {
        return "What does a view add to a raw watch, from the event on the wire to a snapshot that a reader sees?";
    }

    @Override
    public List<Answer> ask() throws Exception {
        double[] medians = new double[ROUNDS];
        double[] tails = new double[ROUNDS];
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            for (int round = 0; round < ROUNDS; round++) {
                double[] added = round(etcd, round % 2 == 0);
                Arrays.sort(added);
                medians[round] = added[added.length / 2];
                tails[round] = added[added.length * 99 / 100];
            }
        }
        double viewLast = (medians[0] + medians[2]) / 2;
        double viewFirst = (medians[1] + medians[3]) / 2;
        String measured = String.format(
                Locale.ROOT,
                "raw first %.1f us, view first %.1f us, p99 %.0f us",
                viewLast,
                viewFirst,
                Arrays.stream(tails).max().orElseThrow());
        return List.of(new Answer("view less raw watch, p50", measured, (viewLast + viewFirst) / 2, 10, "us"));
    }

    /** The differences in microseconds. */
    private static double[] round(EtcdProcess etcd, boolean rawFirst) throws Exception {
        String service = "bench.view." + System.nanoTime();
        Layout layout = Layouts.of("go-micro", null);
        try (Raw raw = new Raw(etcd.endpoint());
                Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint())) {
            long start = 0;
            for (int i = 0; i < INSTANCES; i++) {
                start = raw.put(layout, instance(service, i, 0));
            }
            if (rawFirst) {
                raw.watch(layout.prefix(service), start + 1);
            }
            ServiceView view = rollcall.service(service);
            if (!rawFirst) {
                raw.watch(layout.prefix(service), start + 1);
            }
            Reader reader = new Reader(view);
            reader.start();
            reader.awaitStarted();
            double[] added = new double[PUTS];
            for (int i = 0; i < WARM_UP + PUTS; i++) {
                long revision = raw.put(layout, instance(service, i % INSTANCES, i + 1));
                long seen = reader.seen(revision);
                long received = raw.received(revision);
                if (i >= WARM_UP) {
                    added[i - WARM_UP] = (seen - received) / 1e3;
                }
                LockSupport.parkNanos(BETWEEN_PUTS);
            }
            reader.over = true;
            reader.join();
            return added;
        }
    }

    private static Instance instance(String service, int i, int step) {
        return Instance.of(service, "10.0.0." + i, 8080)
                .withId(service + "-" + i)
                .withMetadata("zone", "a")
                .withMetadata("protocol", "grpc")
                .withMetadata("server", "grpc")
                .withMetadata("step", Integer.toString(step));
    }

    /** Spins on the snapshot and notes when each revision was first seen. */
    private static final class Reader extends Thread {
        private final ServiceView view;
        private final long[] times = new long[WARM_UP + PUTS + INSTANCES + 10_000];
        private volatile long last;
        private volatile boolean over;
        private volatile long base = -1;

        Reader(ServiceView view) {
            super("reader");
            setDaemon(true);
            this.view = view;
        }

        @Override
        public void run() {
            long seen = view.snapshot().revision();
            base = seen;
            last = seen;
            while (!over) {
                long revision = view.snapshot().revision();
                if (revision != seen) {
                    times[(int) (revision - base)] = System.nanoTime();
                    seen = revision;
                    last = revision;
                }
            }
        }

        void awaitStarted() {
            while (base < 0) {
                LockSupport.parkNanos(20_000);
            }
        }

        long seen(long revision) {
            while (last < revision) {
                LockSupport.parkNanos(20_000);
            }
            return times[(int) (revision - base)];
        }
    }

    /** A watch on a bare stub, and puts; each on a connection of its own, so that no answer to a put delays an event. */
    private static final class Raw implements AutoCloseable {
        private final ManagedChannel channel;
        private final ManagedChannel puts;
        private final AtomicLong receivedRevision = new AtomicLong();
        private volatile long receivedAt;

        Raw(String endpoint) {
            channel = channel(endpoint);
            puts = channel(endpoint);
        }

        private static ManagedChannel channel(String endpoint) {
            return Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                    .directExecutor()
                    .build();
        }

        long put(Layout layout, Instance instance) {
            Layout.Entry entry = layout.encode(instance).get(0);
            return KVGrpc.newBlockingStub(puts)
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(entry.key()))
                            .setValue(ByteString.copyFrom(entry.value()))
                            .build())
                    .getHeader()
                    .getRevision();
        }

        void watch(String prefix, long revision) throws InterruptedException {
            CountDownLatch created = new CountDownLatch(1);
            ByteString key = ByteString.copyFromUtf8(prefix);
            StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel)
                    .watch(new StreamObserver<WatchResponse>() {
                        @Override
                        public void onNext(WatchResponse response) {
                            long now = System.nanoTime();
                            if (response.getCreated()) {
                                created.countDown();
                            }
                            if (response.getEventsCount() > 0) {
                                receivedAt = now;
                                receivedRevision.set(response.getEvents(response.getEventsCount() - 1)
                                        .getKv()
                                        .getModRevision());
                            }
                        }

                        @Override
                        public void onError(Throwable thrown) {}

                        @Override
                        public void onCompleted() {}
                    });
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(key)
                            .setRangeEnd(ByteString.copyFromUtf8(prefix.substring(0, prefix.length() - 1) + '0'))
                            .setStartRevision(revision))
                    .build());
            if (!created.await(5, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the raw watch was not created in 5 s");
            }
        }

        long received(long revision) {
            while (receivedRevision.get() < revision) {
                LockSupport.parkNanos(20_000);
            }
            return receivedAt;
        }

        @Override
        public void close() {
            channel.shutdownNow();
            puts.shutdownNow();
        }
    }
}
