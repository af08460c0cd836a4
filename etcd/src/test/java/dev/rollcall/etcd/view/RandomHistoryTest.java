package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever the network does, a view shows only what there was: random writes, cuts and compactions, and every snapshot compared with
 * the writer's own log. A failure names its seed; {@code -Drollcall.seed=} repeats the choices, not the timing.
 */
@Tag("etcd")
class RandomHistoryTest {
    private static final String SERVICE = "random.srv";
    private static final int INSTANCES = 12;
    private static final Duration LENGTH = Duration.ofSeconds(7);

    /** The versions by id after each revision. */
    private final ConcurrentSkipListMap<Long, Map<String, String>> truth = new ConcurrentSkipListMap<>();

    private final AtomicBoolean stop = new AtomicBoolean();

    @Test
    void every_snapshot_is_a_state_that_existed_at_its_revision() throws Exception {
        long seed = Long.getLong("rollcall.seed", System.nanoTime());
        System.out.println("RandomHistoryTest: -Drollcall.seed=" + seed);
        Random random = new Random(seed);
        try (EtcdProcess etcd = EtcdProcess.launch();
                RawEtcd raw = RawEtcd.at(etcd.endpoint());
                FaultProxy proxy = FaultProxy.to(etcd.endpoint())) {
            truth.put(0L, Map.of());
            commit(raw, new HashMap<>(), List.of(0), random, 0);
            try (Rollcall consumer = Rollcall.connect("etcd://" + proxy.endpoint() + "?page-size=5&retry-cap=200ms");
                    SnapshotRecorder seen = SnapshotRecorder.of(consumer, SERVICE)) {
                seen.awaitInstance("i0");
                Thread writer = start(() -> write(raw, new Random(random.nextLong())));
                int compactions = disturb(raw, proxy, random);
                stop.set(true);
                writer.join(TimeUnit.SECONDS.toMillis(10));
                proxy.heal();
                Map<String, String> last = truth.lastEntry().getValue();
                seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE
                        && state(snapshot).equals(last));

                assertThat(stored(raw)).as("seed %d: etcd", seed).isEqualTo(last);
                check(seed, seen.told());
                check(seed, seen.polled());
                seen.assertNeverLost("i0");
                Map<String, Long> counters = consumer.counters();
                assertThat(counters.getOrDefault("histories", 0L))
                        .as("seed %d", seed)
                        .isZero();
                assertThat(counters.getOrDefault("bugs", 0L))
                        .as("seed %d", seed)
                        .isZero();
                System.out.println("RandomHistoryTest: " + truth.size() + " revisions, " + compactions
                        + " compactions, " + seen.polled().size() + " snapshots, " + counters);
                // else it shows nothing
                assertThat(counters.getOrDefault("reconnects", 0L)).isGreaterThan(5);
                assertThat(seen.polled().size()).isGreaterThan(50);
                assertThat(compactions).isPositive();
            } finally {
                stop.set(true);
            }
        }
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task, "random-writer");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void write(RawEtcd raw, Random random) {
        Map<String, String> state = new HashMap<>(truth.lastEntry().getValue());
        for (int version = 1; !stop.get(); version++) {
            List<Integer> chosen = random.ints(1 + random.nextInt(5), 0, INSTANCES)
                    .distinct()
                    .boxed()
                    .toList();
            commit(raw, state, chosen, random, version);
            if (random.nextInt(20) == 0) {
                LockSupport.parkNanos(random.nextInt(20_000_000));
            }
        }
    }

    /** The first instance only changes: with nothing left of what was there no list could tell whether the history is the same. */
    private void commit(RawEtcd raw, Map<String, String> state, List<Integer> chosen, Random random, int version) {
        List<RequestOp> operations = new ArrayList<>();
        for (int number : chosen) {
            Instance instance = Instance.of(SERVICE, "10.0.0." + (number + 1), 8080)
                    .withId("i" + number)
                    .withVersion("v" + version);
            if (number > 0 && random.nextBoolean()) {
                operations.add(RawEtcd.deleting(instance));
                state.remove(instance.id());
            } else {
                operations.add(RawEtcd.putting(instance));
                state.put(instance.id(), instance.version());
            }
        }
        truth.put(raw.commit(operations), Map.copyOf(state));
    }

    /** Cuts the connection and compacts until the time is over; answers how often it compacted. */
    private static int disturb(RawEtcd raw, FaultProxy proxy, Random random) {
        int compactions = 0;
        long compacted = 0;
        long start = System.nanoTime();
        while (System.nanoTime() - start < LENGTH.toNanos()) {
            LockSupport.parkNanos(random.nextInt(120_000_000));
            switch (random.nextInt(5)) {
                case 0 -> proxy.reset();
                case 1 -> proxy.end();
                case 2 -> proxy.resetAfter(FaultProxy.Direction.TO_CLIENT, random.nextInt(20_000));
                case 3 -> {
                    proxy.cut();
                    LockSupport.parkNanos(random.nextInt(60_000_000));
                    long revision = raw.list("/micro/registry/" + SERVICE + "/").stream()
                            .mapToLong(KeyValue::getModRevision)
                            .max()
                            .orElse(0);
                    if (random.nextBoolean() && revision > compacted) {
                        raw.compact(revision);
                        compacted = revision;
                        compactions++;
                    }
                    proxy.heal();
                }
                default -> LockSupport.parkNanos(random.nextInt(150_000_000));
            }
        }
        return compactions;
    }

    private void check(long seed, List<ServiceSnapshot> shown) {
        long last = 0;
        for (ServiceSnapshot snapshot : shown) {
            if (snapshot.freshness() == Freshness.COLD) {
                continue;
            }
            assertThat(snapshot.revision()).as("seed %d: %s", seed, snapshot).isGreaterThanOrEqualTo(last);
            last = snapshot.revision();
            assertThat(state(snapshot))
                    .as("seed %d: %s", seed, snapshot)
                    .isEqualTo(truth.floorEntry(snapshot.revision()).getValue());
        }
    }

    private static Map<String, String> state(ServiceSnapshot snapshot) {
        return snapshot.instances().stream().collect(Collectors.toMap(Instance::id, Instance::version));
    }

    private static Map<String, String> stored(RawEtcd raw) throws Exception {
        Map<String, String> stored = new HashMap<>();
        for (KeyValue kv : raw.list("/micro/registry/" + SERVICE + "/")) {
            Instance instance = RawEtcd.LAYOUT.decode(
                    kv.getKey().toStringUtf8(), kv.getValue().toByteArray());
            stored.put(instance.id(), instance.version());
        }
        return stored;
    }
}
