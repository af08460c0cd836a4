package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.Change;
import dev.rollcall.Change.Kind;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.Status;
import dev.rollcall.Subscription;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Views on a real etcd that stays up: what is listed, what is watched, and what is left out. */
@Tag("etcd")
class ListedAndWatchedTest {
    private static EtcdProcess etcd;
    private static RawEtcd raw;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private String service = "";
    private Rollcall consumer;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
        raw = RawEtcd.at(etcd.endpoint());
    }

    @AfterAll
    static void stopEtcd() {
        raw.close();
        etcd.close();
    }

    @BeforeEach
    void open(TestInfo test) {
        service = "svc." + test.getTestMethod().orElseThrow().getName().hashCode();
        consumer = connect(etcd.endpoint(), "");
    }

    private Rollcall connect(String endpoint, String options) {
        Rollcall made = Rollcall.builder()
                .registry("etcd://" + endpoint + options)
                .events(events::add)
                .connect();
        opened.add(made);
        return made;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private SnapshotRecorder record(String name) {
        SnapshotRecorder seen = SnapshotRecorder.of(consumer, name);
        opened.add(0, seen);
        return seen;
    }

    private Instance instance(int number) {
        return Instance.of(service, "10.1." + number / 250 + "." + (number % 250 + 1), 8080)
                .withId("i" + number);
    }

    private static long counter(Rollcall rollcall, String name) {
        return rollcall.counters().getOrDefault(name, 0L);
    }

    // --- one revision ---

    @Test
    void a_list_in_pages_and_every_snapshot_after_it_are_of_one_revision_while_a_writer_changes_all_keys_at_once() {
        int size = 20;
        commitGeneration(size, 0);
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            for (int generation = 1; !stop.get(); generation++) {
                commitGeneration(size, generation);
            }
        });
        writer.setDaemon(true);
        writer.start();
        consumer = connect(etcd.endpoint(), "?page-size=3");
        try {
            int snapshots = 0;
            for (int round = 0; round < 10; round++) {
                try (SnapshotRecorder seen = SnapshotRecorder.of(consumer, service)) {
                    seen.awaitSize(size);
                    long first = seen.current().revision();
                    seen.await(snapshot -> snapshot.revision() > first + 3);
                    List<ServiceSnapshot> all = new ArrayList<>(seen.told());
                    all.addAll(seen.polled());
                    assertThat(all)
                            .filteredOn(snapshot -> snapshot.freshness() != Freshness.COLD)
                            .allSatisfy(snapshot -> {
                                assertThat(snapshot.size()).isEqualTo(size);
                                assertThat(snapshot.instances())
                                        .extracting(Instance::version)
                                        .containsOnly(
                                                snapshot.instances().get(0).version());
                            });
                    snapshots += all.size();
                }
                assertThat(consumer.lookup(service).instances().stream()
                                .map(Instance::version)
                                .distinct())
                        .hasSize(1);
            }
            assertThat(snapshots).isGreaterThan(30);
        } finally {
            stop.set(true);
        }
    }

    private void commitGeneration(int size, int generation) {
        raw.commit(IntStream.range(0, size)
                .mapToObj(i -> RawEtcd.putting(instance(i).withVersion("g" + generation)))
                .toList());
    }

    @Test
    void five_hundred_keys_of_a_lease_that_ends_leave_at_once() {
        long lease = raw.grant(600);
        for (int i = 0; i < 500; i++) {
            raw.put(instance(i), lease);
        }
        raw.put(instance(500));
        SnapshotRecorder seen = record(service).awaitInstance("i500");
        raw.revoke(lease);
        seen.awaitSize(1).awaitInstance("i500");
        assertThat(seen.polled().stream().map(ServiceSnapshot::size).distinct())
                .isSubsetOf(0, 501, 1)
                .contains(501, 1);
        await().until(() -> seen.changes().size() == 1_001);
        assertThat(seen.told()).extracting(ServiceSnapshot::size).containsExactly(501, 1);
        assertThat(seen.changes().subList(501, 1_001)).extracting(Change::kind).containsOnly(Kind.LOST);
    }

    @Test
    void ten_thousand_instances_of_a_kilobyte_are_listed_and_caught_up_with_after_a_cut_without_a_second_list() {
        String filler = "x".repeat(700);
        List<Instance> all = IntStream.range(0, 10_000)
                .mapToObj(i -> instance(i).withMetadata("filler", filler + i))
                .toList();
        raw.putAll(all);
        try (FaultProxy proxy = FaultProxy.to(etcd.endpoint())) {
            consumer = connect(proxy.endpoint(), "");
            SnapshotRecorder seen = record(service).awaitSize(10_000);
            proxy.cut();
            seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
            raw.putAll(all.stream().map(one -> one.withVersion("2")).toList());
            raw.delete(all.get(0));
            proxy.heal();
            seen.awaitSize(9_999);
            assertThat(seen.current().instances()).extracting(Instance::version).containsOnly("2");
            assertThat(counter(consumer, "lists")).isEqualTo(1);
            assertThat(proxy.forwarded(FaultProxy.Direction.TO_CLIENT)).isGreaterThan(16L << 20);
            seen.assertNeverEmpty();
        }
    }

    // --- values ---

    @Test
    void bad_values_are_skipped_counted_and_named_and_hurt_nothing_else() {
        String prefix = "/micro/registry/" + service + "/";
        SnapshotRecorder seen = record(service);
        raw.put(instance(1));
        seen.awaitSize(1);
        Map<String, ByteString> bad = Map.of(
                "empty", ByteString.EMPTY,
                "text", ByteString.copyFromUtf8("hello"),
                "array", ByteString.copyFromUtf8("[1,2]"),
                "cut", ByteString.copyFromUtf8("{\"name\":\"" + service),
                "latin", ByteString.copyFrom(new byte[] {'{', '"', (byte) 0xe4, '"', '}'}),
                "nul", ByteString.copyFrom(new byte[1_000]),
                "deep", ByteString.copyFromUtf8("[".repeat(10_000)),
                "large", ByteString.copyFrom(new byte[1 << 20]),
                "nodes", ByteString.copyFromUtf8("{\"name\":\"" + service + "\",\"nodes\":[]}"));
        bad.forEach((name, value) -> raw.put(prefix + name, value, 0));
        raw.put(instance(2));
        seen.awaitSize(2);
        assertThat(counter(consumer, "values.skipped")).isEqualTo(bad.size());
        await().untilAsserted(() -> assertThat(events.stream()
                        .filter(Event.ValueSkipped.class::isInstance)
                        .map(event -> ((Event.ValueSkipped) event).key())
                        .collect(Collectors.toSet()))
                .isEqualTo(bad.keySet().stream().map(name -> prefix + name).collect(Collectors.toSet())));
        assertThat(consumer.lookup(service).size()).isEqualTo(2);
        SnapshotRecorder listed = record(service);
        listed.awaitSize(2);
        seen.assertNeverLost("i1");
        assertThat(counter(consumer, "bugs")).isZero();
    }

    @Test
    void an_instance_whose_value_goes_bad_stays_suspect_until_its_value_is_good_again_or_its_key_goes() {
        raw.put(instance(1));
        raw.put(instance(2));
        SnapshotRecorder seen = record(service).awaitSize(2);
        raw.put(RawEtcd.key(instance(1)), "spoiled");
        seen.await(snapshot -> snapshot.instances().stream().anyMatch(snapshot::suspect));
        assertThat(consumer.service(service).pick().id()).isEqualTo("i2");
        raw.put(instance(1));
        seen.await(snapshot -> snapshot.instances().stream().noneMatch(snapshot::suspect));
        raw.put(RawEtcd.key(instance(1)), "spoiled");
        seen.await(snapshot -> snapshot.instances().stream().anyMatch(snapshot::suspect));
        raw.delete(instance(1));
        seen.awaitSize(1);
        seen.assertNeverLost("i2");
    }

    @Test
    void a_key_that_is_no_text_is_skipped_and_takes_no_other_with_it() {
        ByteString broken = ByteString.copyFromUtf8("/micro/registry/" + service + "/i")
                .concat(ByteString.copyFrom(new byte[] {(byte) 0xff}));
        raw.put(instance(1));
        SnapshotRecorder seen = record(service).awaitSize(1);
        raw.commit(List.of(
                RequestOp.newBuilder()
                        .setRequestPut(dev.rollcall.etcd.api.PutRequest.newBuilder()
                                .setKey(broken)
                                .setValue(RawEtcd.value(instance(7))))
                        .build(),
                RawEtcd.putting(instance(2))));
        seen.awaitSize(2);
        assertThat(seen.current().instances()).extracting(Instance::id).containsExactlyInAnyOrder("i1", "i2");
        assertThat(counter(consumer, "values.skipped")).isEqualTo(1);
    }

    // --- names ---

    @Test
    void services_whose_names_begin_alike_or_look_alike_as_keys_are_not_mixed() {
        List<String> names = List.of(
                service,
                service + "-admin",
                service + "/x",
                service + "-x",
                service + ".v2",
                service.toUpperCase(java.util.Locale.ROOT));
        for (String name : names) {
            raw.put(Instance.of(name, "10.0.0.1", 8080).withId("number" + names.indexOf(name)));
        }
        for (String name : names) {
            String id = "number" + names.indexOf(name);
            SnapshotRecorder seen = record(name).awaitSize(1);
            assertThat(seen.current().instances()).extracting(Instance::id).containsExactly(id);
            assertThat(consumer.lookup(name).instances())
                    .extracting(Instance::id)
                    .containsExactly(id);
        }
        assertThat(consumer.services()).containsAll(names);
        SnapshotRecorder slash = record(service + "/x");
        raw.put(Instance.of(service + "-x", "10.0.0.2", 8080).withId("more"));
        raw.put(Instance.of(service + "/x", "10.0.0.3", 8080).withId("more-slash"));
        slash.awaitSize(2);
        // the key is taken over by the service whose name looks the same
        raw.put(
                "/micro/registry/" + service + "-x/more-slash",
                RawEtcd.value(Instance.of(service + "-x", "10.0.0.3", 8080).withId("more-slash")),
                0);
        slash.awaitSize(1);
        record(service + "-x").awaitSize(3);
    }

    @Test
    void names_that_try_to_leave_their_prefix_find_nothing_there() {
        raw.put(instance(1));
        for (String name :
                List.of("..", "../" + service, ".", service + "/", "/" + service, service + "%2F", "\ud83d\ude00")) {
            assertThat(consumer.lookup(name).instances()).as(name).isEmpty();
        }
    }

    @Test
    void the_fleets_own_plumbing_is_hidden_from_the_list_of_services_unless_asked_for() {
        raw.put(Instance.of("micro.http.broker", "10.0.0.1", 8080).withId("broker"));
        raw.put(instance(1));
        assertThat(consumer.services()).contains(service).doesNotContain("micro.http.broker");
        assertThat(connect(etcd.endpoint(), "?hidden=true").services()).contains(service, "micro.http.broker");
        assertThat(consumer.lookup("micro.http.broker").size()).isEqualTo(1);
    }

    @Test
    void several_layouts_are_read_as_one_service() {
        consumer = connect(etcd.endpoint(), "?layout=go-micro,go-micro-old");
        SnapshotRecorder seen = record(service);
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        String old = Layouts.of("go-micro-old", null).prefix(service) + "i2";
        raw.put(instance(1));
        raw.put(old, RawEtcd.value(instance(2)), 0);
        seen.awaitSize(2);
        assertThat(consumer.lookup(service).size()).isEqualTo(2);
        assertThat(consumer.services()).contains(service);
        long revision = seen.current().revision();
        raw.put(instance(1).withVersion("2"));
        seen.await(snapshot -> snapshot.revision() > revision);
        raw.put(old, RawEtcd.value(instance(2).withStatus(Status.DRAINING)), 0);
        seen.await(snapshot -> snapshot.candidates().size() == 1);
        raw.delete(instance(1));
        seen.awaitSize(1);
        assertThat(seen.polled())
                .isSortedAccordingTo((a, b) -> Long.compare(a.revision(), b.revision()))
                .allMatch(snapshot -> snapshot.freshness() != Freshness.STALE);
        seen.assertNeverLost("i2");
    }

    @Test
    void a_view_of_several_layouts_is_cold_until_every_one_was_read() {
        try (FaultProxy proxy = FaultProxy.to(etcd.endpoint())) {
            raw.put(instance(1));
            consumer = connect(proxy.endpoint(), "?layout=go-micro,go-micro-old&page-size=1");
            consumer.services();
            // cut somewhere in the middle of the lists, again and again
            for (int bytes = 100; bytes < 4_000; bytes += 150) {
                proxy.resetAfter(FaultProxy.Direction.TO_CLIENT, bytes);
                try (SnapshotRecorder seen = SnapshotRecorder.of(consumer, service)) {
                    seen.awaitSize(1);
                    assertThat(seen.polled())
                            .allMatch(snapshot -> snapshot.size() == (snapshot.freshness() == Freshness.COLD ? 0 : 1));
                    assertThat(seen.told()).allMatch(snapshot -> snapshot.size() == 1);
                }
            }
        }
    }

    // --- those who look ---

    @Test
    void views_of_one_service_share_one_watch_and_an_unknown_service_is_asked_for_once() {
        long watchers = etcd.metrics().watchers();
        ServiceView first = consumer.service(service);
        long calls = etcd.metrics().calls("Range");
        List<ServiceView> more =
                IntStream.range(0, 50).mapToObj(i -> consumer.service(service)).toList();
        for (int i = 0; i < 10_000; i++) {
            try {
                first.pick();
            } catch (NoInstanceException expected) {
                assertThat(expected.reason()).isEqualTo(NoInstanceException.Reason.EMPTY);
            }
        }
        await().until(() -> etcd.metrics().watchers() == watchers + 1);
        assertThat(etcd.metrics().calls("Range") - calls).isLessThanOrEqualTo(1);
        assertThat(counter(consumer, "lists")).isEqualTo(1);
        raw.put(instance(1));
        await().until(() -> more.stream().allMatch(view -> view.snapshot().size() == 1));
        more.forEach(ServiceView::close);
        assertThat(first.pick().id()).isEqualTo("i1");
    }

    @Test
    void the_last_instance_that_leaves_gracefully_empties_the_view_within_a_second() {
        try (Rollcall provider = connect(etcd.endpoint(), "?ttl=5s")) {
            Registration registration = provider.register(instance(1)).await(Duration.ofSeconds(10));
            SnapshotRecorder seen = record(service).awaitSize(1);
            Thread closing = new Thread(registration::close);
            closing.start();
            seen.await(snapshot -> snapshot.size() == 0, Duration.ofSeconds(1));
            await().until(() -> seen.changes().stream().anyMatch(change -> change.kind() == Kind.LEFT_GRACEFULLY));
        }
    }

    @Test
    void a_listener_that_blocks_throws_or_leaves_hurts_nobody_and_a_slow_one_gets_the_last_state() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        List<ServiceSnapshot> slow = new CopyOnWriteArrayList<>();
        Subscription blocking = consumer.watch(service, (snapshot, changes) -> {
            slow.add(snapshot);
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Subscription throwing = consumer.watch(service, (snapshot, changes) -> {
            throw new IllegalStateException("a listener's own problem");
        });
        CompletableFuture<Subscription> self = new CompletableFuture<>();
        List<ServiceSnapshot> leaving = new CopyOnWriteArrayList<>();
        self.complete(consumer.watch(service, (snapshot, changes) -> {
            if (snapshot.size() == 1) {
                leaving.add(snapshot);
                self.join().close();
            }
        }));
        SnapshotRecorder seen = record(service);
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        await().until(() -> slow.size() == 1);
        for (int i = 1; i <= 200; i++) {
            raw.put(instance(i));
            if (i == 1) {
                await().until(() -> leaving.size() == 1);
            }
        }
        seen.awaitSize(200);
        assertThat(slow).hasSize(1);
        release.countDown();
        await().until(() -> slow.get(slow.size() - 1).size() == 200);
        assertThat(slow.size()).isLessThanOrEqualTo(3);
        assertThat(leaving).hasSize(1);
        blocking.close();
        throwing.close();
    }
}
