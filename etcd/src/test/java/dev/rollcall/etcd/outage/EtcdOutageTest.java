package dev.rollcall.etcd.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A single etcd is killed, restarted, wiped and meddled with, under three providers and a consumer. */
@Tag("etcd")
class EtcdOutageTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Duration TTL = Duration.ofSeconds(3);
    private static final String KEY = "/micro/registry/" + SERVICE + "/a";

    private EtcdProcess etcd;
    private Rollcall provider;
    private Rollcall consumer;
    private Registration a;
    private Registration b;
    private SnapshotRecorder seen;

    @BeforeEach
    void open() {
        etcd = EtcdProcess.launch();
        provider = Rollcall.connect("etcd://" + etcd.endpoint() + "?ttl=" + TTL.toSeconds() + "s");
        consumer = Rollcall.connect("etcd://" + etcd.endpoint());
        a = provider.register(Instance.of(SERVICE, "10.0.0.1", 8080).withId("a"))
                .await(Duration.ofSeconds(10));
        b = provider.register(Instance.of(SERVICE, "10.0.0.2", 8080).withId("b"))
                .await(Duration.ofSeconds(10));
        seen = SnapshotRecorder.of(consumer, SERVICE);
        seen.awaitInstance("a").awaitInstance("b");
    }

    @AfterEach
    void close() {
        seen.close();
        provider.close();
        consumer.close();
        etcd.close();
    }

    private void awaitRegistered(Duration atMost) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(atMost)
                .until(() -> a.state() == State.REGISTERED && b.state() == State.REGISTERED);
    }

    private void awaitLive() {
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
    }

    /** The consumer still hears what happens. */
    private void assertFollows() {
        Registration late =
                provider.register(Instance.of(SERVICE, "10.0.0.3", 8080).withId("late"));
        seen.awaitInstance("late");
        late.close();
        seen.await(snapshot ->
                snapshot.instances().stream().noneMatch(one -> one.id().equals("late")));
    }

    private long leaseOf(String key) {
        return etcd.ctl().get(key).orElseThrow().lease();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1.1, 5})
    void etcd_killed_and_restarted_with_its_data_loses_no_instance(double ttls) {
        long lease = leaseOf(KEY);
        etcd.kill();
        long down = (long) (TTL.toNanos() * ttls);
        long killed = System.nanoTime();
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofNanos(down).plusSeconds(5))
                .until(() -> System.nanoTime() - killed >= down);
        assertThat(seen.current().freshness()).isEqualTo(Freshness.STALE);
        etcd.start();
        awaitRegistered(Duration.ofSeconds(7));
        awaitLive();
        assertThat(leaseOf(KEY)).isEqualTo(lease);
        assertFollows();
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
        seen.assertNeverEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void etcd_wiped_and_restarted_has_everything_again_and_no_view_was_empty(boolean anotherClientWritesPastUs) {
        etcd.kill();
        etcd.wipe();
        if (anotherClientWritesPastUs) {
            // on another port first, so that the other client is past our revision before we see this etcd
            etcd.start();
            for (int i = 0; i < 50; i++) {
                etcd.ctl().put("/other/" + i, "x");
            }
        } else {
            etcd.start();
        }
        awaitRegistered(Duration.ofSeconds(12));
        await().atMost(Duration.ofSeconds(12))
                .until(() -> consumer.lookup(SERVICE).size() == 2);
        awaitLive();
        assertFollows();
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
        seen.assertNeverEmpty();
    }

    @Test
    void a_key_deleted_by_an_operator_is_back_within_2_s() {
        etcd.ctl().delete(KEY);
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(2))
                .until(() -> etcd.ctl().get(KEY).isPresent());
        awaitRegistered(Duration.ofSeconds(2));
    }

    @Test
    void a_key_overwritten_by_an_operator_is_repaired_within_2_s_and_no_immortal_key_stays() {
        etcd.ctl().put(KEY, "junk");
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(2))
                .until(() -> !etcd.ctl().get(KEY).orElseThrow().value().equals("junk"));
        assertThat(leaseOf(KEY)).isNotZero();
        awaitRegistered(Duration.ofSeconds(2));
        provider.close();
        assertThat(etcd.ctl().list("/micro/registry/")).isEmpty();
    }

    @Test
    void a_lease_revoked_by_an_operator_is_replaced_within_a_third_of_the_ttl_and_2_s() {
        long lease = leaseOf(KEY);
        etcd.ctl().revokeLease(lease);
        await().pollInterval(Duration.ofMillis(10))
                .atMost(TTL.dividedBy(3).plusSeconds(2))
                .until(() ->
                        etcd.ctl().get(KEY).filter(key -> key.lease() != lease).isPresent());
        awaitRegistered(Duration.ofSeconds(2));
    }

    @Test
    void a_compaction_while_disconnected_shows_listeners_only_real_differences() {
        List<Change> before = seen.changes();
        etcd.kill();
        seen.await(snapshot -> snapshot.freshness() == Freshness.STALE);
        etcd.start();
        // quicker than the consumer comes back, or not: both must do
        a.update(a.instance().withMetadata("zone", "b"));
        for (int i = 0; i < 20; i++) {
            etcd.ctl().put("/other/" + i, "x");
        }
        etcd.ctl().compact(etcd.ctl().revision());
        awaitRegistered(Duration.ofSeconds(7));
        seen.await(snapshot ->
                snapshot.instances().stream().anyMatch(one -> one.metadata().containsKey("zone")));
        awaitLive();
        List<Change> after =
                seen.changes().subList(before.size(), seen.changes().size());
        assertThat(after)
                .allMatch(change -> change.kind() == Change.Kind.UPDATED
                        && change.instance().id().equals("a"))
                .hasSize(1);
        seen.assertNeverEmpty();
    }
}
