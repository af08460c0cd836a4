package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Change.Kind;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** etcd wiped or restored behind a view: noticed, and no instance lost that may only not be back yet. */
@Tag("etcd")
class AnotherHistoryTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Instance A = Instance.of(SERVICE, "10.0.0.1", 8080).withId("a");
    private static final Instance B = Instance.of(SERVICE, "10.0.0.2", 8080).withId("b");
    private static final Instance C = Instance.of(SERVICE, "10.0.0.3", 8080).withId("c");

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private EtcdProcess etcd;
    private RawEtcd raw;
    private FaultProxy proxy;
    private Rollcall consumer;
    private SnapshotRecorder seen;

    @BeforeEach
    void open() {
        etcd = EtcdProcess.launch();
        opened.add(etcd);
        raw = RawEtcd.at(etcd.endpoint());
        opened.add(0, raw);
        proxy = FaultProxy.to(etcd.endpoint());
        opened.add(0, proxy);
        raw.put(A);
        raw.put(B);
        follow("");
    }

    private void follow(String options) {
        consumer = Rollcall.builder()
                .registry("etcd://" + proxy.endpoint() + options)
                .events(events::add)
                .connect();
        opened.add(0, consumer);
        seen = record(SERVICE).awaitInstance("a").awaitInstance("b");
    }

    private SnapshotRecorder record(String service) {
        SnapshotRecorder made = SnapshotRecorder.of(consumer, service);
        opened.add(0, made);
        return made;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    /** Out of the consumer's sight. */
    private void wipe() {
        proxy.cut();
        etcd.kill();
        etcd.wipe();
        etcd.start();
    }

    private void awaitHistoryChanged(long times) {
        await().until(() -> consumer.counters().getOrDefault("histories", 0L) == times
                && seen.current().freshness() == Freshness.LIVE);
    }

    private static List<String> ids(ServiceSnapshot snapshot) {
        return snapshot.instances().stream().map(Instance::id).sorted().toList();
    }

    private static List<String> suspects(ServiceSnapshot snapshot) {
        return snapshot.instances().stream()
                .filter(snapshot::suspect)
                .map(Instance::id)
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50})
    void a_wiped_etcd_is_noticed_also_when_it_has_grown_past_us_and_later_changes_are_seen(int others) {
        wipe();
        for (int i = 0; i < others; i++) {
            raw.put("/other/" + i, "x");
        }
        proxy.heal();
        awaitHistoryChanged(1);
        assertThat(suspects(seen.current())).containsExactly("a", "b");
        raw.put(C);
        seen.awaitInstance("c");
        assertThat(seen.current().candidates().size()).isEqualTo(1);
        raw.put(A);
        seen.await(snapshot -> suspects(snapshot).equals(List.of("b")));
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
        seen.assertNeverEmpty();
    }

    @Test
    void a_cut_without_another_history_loses_nothing() {
        proxy.cut();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        raw.put(C);
        raw.delete(B);
        proxy.heal();
        seen.awaitInstance("c");
        seen.assertNeverLost("a");
        seen.await(snapshot ->
                snapshot.freshness() == Freshness.LIVE && ids(snapshot).equals(List.of("a", "c")));
        assertThat(consumer.counters()).doesNotContainKey("histories").containsEntry("lists", 1L);
    }

    @Test
    void no_view_loses_an_instance_when_etcd_is_wiped() {
        wipe();
        proxy.heal();
        awaitHistoryChanged(1);
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
        seen.assertNeverEmpty();
    }

    @Test
    void a_wiped_etcd_with_as_many_instances_at_the_same_revisions_is_noticed() {
        wipe();
        raw.put(A);
        raw.put(C); // where b was, in number and revision
        proxy.heal();
        awaitHistoryChanged(1);
        assertThat(ids(seen.current())).containsExactly("a", "b", "c");
        assertThat(suspects(seen.current())).containsExactly("b");
        seen.assertNeverLost("a");
    }

    @Test
    void a_service_without_instances_is_followed_into_another_history() {
        SnapshotRecorder none = record("none.srv");
        none.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        wipe();
        proxy.heal();
        awaitHistoryChanged(2);
        raw.put(Instance.of("none.srv", "10.0.0.9", 8080).withId("n"));
        none.awaitInstance("n");
    }

    @Test
    void an_etcd_restored_from_an_old_backup_is_noticed_and_what_it_has_lost_is_held() {
        Instance leased = Instance.of(SERVICE, "10.0.0.9", 8080).withId("leased");
        long lease = raw.grant(2);
        raw.put(leased, lease);
        seen.awaitInstance("leased");
        proxy.cut();
        etcd.kill();
        Path backup = etcd.backup();
        etcd.start();
        proxy.heal();
        raw.revoke(lease);
        raw.put(C);
        raw.delete(B);
        seen.await(snapshot -> ids(snapshot).equals(List.of("a", "c")) && snapshot.freshness() == Freshness.LIVE);
        proxy.cut();
        etcd.kill();
        etcd.restore(backup);
        etcd.start();
        for (int i = 0; i < 20; i++) {
            raw.put("/other/" + i, "x"); // past the revision we know
        }
        proxy.heal();
        awaitHistoryChanged(1);
        assertThat(ids(seen.current())).contains("a", "b", "c");
        assertThat(suspects(seen.current())).containsExactly("c");
        raw.put(C.withVersion("2"));
        seen.await(snapshot -> suspects(snapshot).isEmpty());
        // risen from the backup with its lease, and gone with it
        seen.await(snapshot -> ids(snapshot).equals(List.of("a", "b", "c")), Duration.ofSeconds(5));
        seen.assertNeverLost("a");
        seen.assertNeverLost("c");
    }

    @Test
    void an_etcd_restored_grown_past_us_and_compacted_is_noticed_by_a_key_we_would_know() {
        proxy.cut();
        etcd.kill();
        Path backup = etcd.backup();
        etcd.start();
        proxy.heal();
        raw.put(C);
        for (int i = 0; i < 5; i++) {
            raw.put(B.withVersion("v" + i));
        }
        seen.await(snapshot -> ids(snapshot).equals(List.of("a", "b", "c"))
                && snapshot.instances().stream().anyMatch(one -> one.version().equals("v4")));
        proxy.cut();
        etcd.kill();
        etcd.restore(backup);
        etcd.start();
        raw.put(B.withVersion("other"));
        for (int i = 0; i < 20; i++) {
            raw.put("/other/" + i, "x");
        }
        raw.compact(etcd.ctl().revision());
        proxy.heal();
        awaitHistoryChanged(1);
        assertThat(suspects(seen.current())).containsExactly("c");
        seen.assertNeverLost("c");
    }

    @Test
    void a_held_instance_is_picked_last_and_goes_when_the_hold_ends() {
        seen.close();
        consumer.close();
        follow("?hold=2s");
        ServiceView view = consumer.service(SERVICE);
        wipe();
        proxy.heal();
        awaitHistoryChanged(1);
        long from = System.nanoTime();
        assertThat(view.pick().id()).isIn("a", "b"); // nothing else is left
        raw.put(C);
        seen.awaitInstance("c");
        for (int i = 0; i < 100; i++) {
            assertThat(view.pick().id()).isEqualTo("c");
        }
        raw.put(A);
        seen.awaitSize(2);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofMillis(1_500));
        assertThat(ids(seen.current())).containsExactly("a", "c");
        await().until(() -> seen.changes().stream()
                .anyMatch(change ->
                        change.kind() == Kind.LEFT && change.instance().id().equals("b")));
        seen.assertNeverLost("a");
        seen.assertNeverEmpty();
    }

    @Test
    void the_time_of_a_hold_stands_still_while_etcd_is_away() {
        seen.close();
        consumer.close();
        follow("?hold=2s");
        wipe();
        proxy.heal();
        awaitHistoryChanged(1);
        proxy.cut();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        long from = System.nanoTime();
        await().until(() -> System.nanoTime() - from > Duration.ofSeconds(3).toNanos());
        assertThat(ids(seen.current())).containsExactly("a", "b");
        proxy.heal();
        seen.awaitSize(0);
        assertThat(seen.polled().get(seen.polled().size() - 1).freshness()).isEqualTo(Freshness.LIVE);
    }

    @Test
    void a_held_instance_goes_as_soon_as_another_one_of_any_service_has_its_address() {
        SnapshotRecorder other = record("other.srv");
        other.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        wipe();
        raw.put(C.withAddress(A.address()));
        proxy.heal();
        awaitHistoryChanged(2);
        seen.await(snapshot -> ids(snapshot).equals(List.of("b", "c")), Duration.ofSeconds(3));
        raw.put(Instance.of("other.srv", B.address()).withId("o"));
        seen.await(snapshot -> ids(snapshot).equals(List.of("c")), Duration.ofSeconds(3));
        other.assertNeverLost("o");
    }

    @Test
    void listeners_hear_that_instances_are_doubted_and_trusted_again_and_nothing_else() {
        int before = seen.changes().size();
        wipe();
        proxy.heal();
        awaitHistoryChanged(1);
        raw.commit(List.of(RawEtcd.putting(A), RawEtcd.putting(B)));
        seen.await(snapshot -> suspects(snapshot).isEmpty());
        await().until(() -> seen.changes().size() == before + 4);
        List<Change> after = seen.changes().subList(before, before + 4);
        assertThat(after).extracting(Change::kind).containsOnly(Kind.UPDATED);
        assertThat(after).extracting(change -> change.instance().id()).containsExactlyInAnyOrder("a", "b", "a", "b");
    }
}
