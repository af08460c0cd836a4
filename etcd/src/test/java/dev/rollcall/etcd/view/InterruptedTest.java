package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.Change;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Connections that end, hang and hide a compaction, between a view and an etcd that stays what it was. */
@Tag("etcd")
class InterruptedTest {
    private static EtcdProcess etcd;
    private static RawEtcd raw;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private String service = "";
    private FaultProxy proxy;
    private Rollcall consumer;
    private SnapshotRecorder seen;

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
        raw.put(instance(1));
        raw.put(instance(2));
        raw.put(instance(3));
        proxy = FaultProxy.to(etcd.endpoint());
        opened.add(proxy);
        consumer = Rollcall.builder()
                .registry("etcd://" + proxy.endpoint())
                .events(events::add)
                .connect();
        opened.add(0, consumer);
        seen = SnapshotRecorder.of(consumer, service).awaitSize(3);
        opened.add(0, seen);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private Instance instance(int number) {
        return Instance.of(service, "10.1." + number / 250 + "." + (number % 250 + 1), 8080)
                .withId("i" + number);
    }

    private long counter(String name) {
        return counter(consumer, name);
    }

    private static long counter(Rollcall of, String name) {
        return of.counters().getOrDefault(name, 0L);
    }

    private void awaitLive() {
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
    }

    private List<String> ids() {
        return seen.current().instances().stream().map(Instance::id).sorted().toList();
    }

    @Test
    void connections_that_a_load_balancer_ends_without_an_error_lose_no_event() {
        for (int i = 4; i < 24; i++) {
            proxy.end();
            raw.put(instance(i));
        }
        seen.awaitSize(23);
        awaitLive();
        assertThat(counter("lists")).isEqualTo(1);
        seen.assertNeverLost("i1");
        seen.assertNeverLost("i2");
    }

    @Test
    void without_etcd_the_last_snapshot_stays_stale_with_a_growing_age_and_can_be_picked_from() {
        ServiceView view = consumer.service(service);
        proxy.cut();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        Duration young = seen.current().staleFor();
        raw.delete(instance(3));
        await().until(() -> counter("calls") > 0 && seen.current().staleFor().compareTo(young.plusMillis(700)) > 0);
        assertThat(ids()).containsExactly("i1", "i2", "i3");
        assertThat(view.pick().service()).isEqualTo(service);
        assertThat(consumer.health().ok()).isFalse();
        // one snapshot for the whole outage: the age is read from it, not written to it
        assertThat(seen.polled().stream().filter(snapshot -> snapshot.freshness() == Freshness.STALE))
                .hasSize(1);
        proxy.heal();
        seen.awaitSize(2);
        awaitLive();
        assertThat(seen.current().staleFor()).isZero();
        seen.assertNeverEmpty();
    }

    @Test
    void a_compaction_while_disconnected_shows_only_real_differences_and_lists_once_more() {
        proxy.cut();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        int before = seen.changes().size();
        raw.delete(instance(2));
        raw.put(instance(3).withVersion("2"));
        raw.put(instance(4));
        raw.put(instance(5));
        raw.delete(instance(5));
        raw.compact(raw.put(instance(1).withVersion("2")));
        raw.put(instance(1));
        proxy.heal();
        seen.await(snapshot -> ids().equals(List.of("i1", "i3", "i4")));
        await().until(() -> seen.changes().size() == before + 3);
        assertThat(seen.changes().subList(before, before + 3))
                .extracting(Change::kind, change -> change.instance().id())
                .containsExactlyInAnyOrder(
                        org.assertj.core.api.Assertions.tuple(Change.Kind.LEFT, "i2"),
                        org.assertj.core.api.Assertions.tuple(Change.Kind.UPDATED, "i3"),
                        org.assertj.core.api.Assertions.tuple(Change.Kind.JOINED, "i4"));
        assertThat(counter("lists")).isEqualTo(2);
        assertThat(events).noneMatch(Event.HistoryChanged.class::isInstance);
        seen.assertNeverEmpty();
    }

    @Test
    void a_consumer_that_hangs_while_thousands_of_writes_are_compacted_away_catches_up_with_two_lists_at_most() {
        proxy.blackHole(FaultProxy.Direction.TO_CLIENT);
        int before = seen.changes().size();
        for (int round = 0; round < 40; round++) {
            int now = round;
            raw.commit(IntStream.range(0, 100)
                    .mapToObj(i -> RawEtcd.putting(instance(i).withVersion("r" + now)))
                    .toList());
        }
        raw.compact(raw.delete(instance(2)));
        proxy.heal();
        seen.await(snapshot -> snapshot.size() == 99
                && snapshot.instances().stream().allMatch(one -> one.version().equals("r39")));
        awaitLive();
        assertThat(counter("lists")).isLessThanOrEqualTo(2);
        assertThat(seen.changes().stream()
                        .skip(before)
                        .filter(change -> change.kind().gone()))
                .allMatch(change -> change.instance().id().equals("i2"));
        seen.assertNeverLost("i1");
    }

    @Test
    void a_consumer_that_stands_still_is_equal_again_within_two_seconds() {
        proxy.blackHole();
        raw.delete(instance(1));
        raw.put(instance(4));
        long from = System.nanoTime();
        await().until(() -> System.nanoTime() - from > Duration.ofSeconds(1).toNanos());
        proxy.heal();
        seen.await(snapshot -> ids().equals(List.of("i2", "i3", "i4")), Duration.ofSeconds(2));
        seen.assertNeverLost("i2");
    }

    @Test
    void a_thousand_revisions_behind_is_caught_up_with_without_a_list() {
        proxy.cut();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        long last = 0;
        for (int i = 0; i < 3_000; i++) {
            last = raw.put(instance(i % 50).withVersion("v" + i));
        }
        long newest = last;
        proxy.heal();
        seen.await(snapshot -> snapshot.revision() == newest);
        assertThat(seen.current().size()).isEqualTo(50);
        assertThat(counter("lists")).isEqualTo(1);
        assertThat(seen.polled()).isSortedAccordingTo((a, b) -> Long.compare(a.revision(), b.revision()));
        seen.assertNeverLost("i1");
    }

    @Test
    @Tag("auth")
    void a_user_who_may_no_longer_read_keeps_the_last_snapshot_and_is_told_why() {
        try (EtcdProcess guarded = EtcdProcess.launch();
                RawEtcd writer = RawEtcd.at(guarded.endpoint());
                FaultProxy way = FaultProxy.to(guarded.endpoint())) {
            writer.put(instance(1));
            guarded.ctl().addRole("consumer", "read", "/micro/registry/");
            guarded.ctl().addUser("reader", "secret");
            guarded.ctl().grantRole("reader", "consumer");
            guarded.ctl().enableAuth("root-secret");
            try (Rollcall reader = Rollcall.builder()
                            .registry("etcd://" + way.endpoint())
                            .user("reader")
                            .password("secret")
                            .connect();
                    SnapshotRecorder read = SnapshotRecorder.of(reader, service)) {
                read.awaitInstance("i1");
                Subscription view = reader.watch(service, SnapshotListener.NONE);
                guarded.ctl().withUser("root", "root-secret").revokeRole("reader", "consumer");
                way.reset();
                await().until(() -> read.current().freshness() == Freshness.STALE
                        && view.problem().orElse(null) instanceof AccessDeniedException);
                assertThat(reader.service(service).pick().id()).isEqualTo("i1");
                guarded.ctl().withUser("root", "root-secret").grantRole("reader", "consumer");
                read.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
                guarded.ctl()
                        .withUser("root", "root-secret")
                        .put(
                                RawEtcd.key(instance(2)),
                                RawEtcd.value(instance(2)).toStringUtf8());
                read.awaitInstance("i2");
                read.assertNeverLost("i1");
                read.assertNeverEmpty();
            }
        }
    }

    @Test
    @Tag("auth")
    void watches_moved_to_a_new_stream_leave_none_behind_on_etcd() {
        try (EtcdProcess guarded = EtcdProcess.launch(
                        dev.rollcall.testing.EtcdOptions.defaults().withSimpleTokens(Duration.ofMinutes(5)));
                RawEtcd writer = RawEtcd.at(guarded.endpoint())) {
            writer.put(instance(1));
            guarded.ctl().addRole("consumer", "read", "/micro/registry/");
            guarded.ctl().addUser("reader", "secret");
            guarded.ctl().grantRole("reader", "consumer");
            guarded.ctl().enableAuth("root-secret");
            try (Rollcall reader = Rollcall.builder()
                            .registry("etcd://" + guarded.endpoint())
                            .user("reader")
                            .password("secret")
                            .connect();
                    SnapshotRecorder read = SnapshotRecorder.of(reader, service)) {
                read.awaitInstance("i1");
                await().until(() -> guarded.metrics().watchers() == 1);
                long streams = counter(reader, "streams");
                long from = System.nanoTime();
                await().until(() -> System.nanoTime() - from > 4_100_000_000L);
                // ends the tokens of this user, in silence
                guarded.ctl().withUser("root", "root-secret").changePassword("reader", "secret");
                Subscription other = reader.watch("other.srv", SnapshotListener.NONE);
                assertThat(other.await(Duration.ofSeconds(10))).isTrue();
                await().until(() -> counter(reader, "streams") == streams + 1
                        && guarded.metrics().watchers() == 2);
                assertThat(counter(reader, "authentications")).isEqualTo(2);
                guarded.ctl()
                        .withUser("root", "root-secret")
                        .put(
                                RawEtcd.key(instance(2)),
                                RawEtcd.value(instance(2)).toStringUtf8());
                read.awaitInstance("i2");
            }
            await().until(() -> guarded.metrics().watchers() == 0);
        }
    }
}
