package dev.rollcall.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a test can do to the embedded etcd. */
class FaultsTest {
    private final EmbeddedEtcd etcd = EmbeddedEtcd.builder().frozenLeases().start();
    private final Peer peer = Peer.at(etcd.endpoint());

    @AfterEach
    void stop() {
        peer.close();
        etcd.close();
    }

    @Test
    void leases_age_at_once_and_not_by_themselves() {
        long lease = peer.grant(0, 30);
        peer.put("k", "1", lease);
        etcd.faults().advanceLeases(Duration.ofSeconds(29));
        assertThat(left(lease)).isEqualTo(1);
        assertThat(peer.get("k")).isEqualTo("1");

        etcd.faults().advanceLeases(Duration.ofSeconds(1));
        assertThat(left(lease)).isEqualTo(-1);
        assertThat(peer.get("k")).isEqualTo("-");
    }

    @Test
    void one_lease_expires() {
        long one = peer.grant(0, 30);
        long other = peer.grant(0, 30);
        peer.put("k", "1", one);
        etcd.faults().expireLease(one);

        assertThat(peer.get("k")).isEqualTo("-");
        assertThat(left(other)).isEqualTo(30);
        assertThatThrownBy(() -> etcd.faults().expireLease(one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: one that lives");
    }

    @Test
    void cut_connections_break_and_come_back_with_the_data() {
        peer.put("k", "1");
        WatchLog watch = WatchLog.open(peer);
        watch.create("k", 0);
        watch.await(WatchResponse::getCreated);
        etcd.faults().cut();
        etcd.faults().cut();

        assertThat(watch.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThatThrownBy(() -> peer.get("k")).hasMessageContaining("UNAVAILABLE");

        etcd.faults().heal();
        etcd.faults().heal();
        try (Peer again = Peer.at(etcd.endpoint())) {
            assertThat(again.get("k")).isEqualTo("1");
        }
    }

    @Test
    void a_watch_stream_is_dropped_after_created_and_before_any_event() {
        long revision = peer.put("k", "1");
        etcd.faults().dropWatchesAfterCreated(1);
        WatchLog first = WatchLog.open(peer);
        first.create("k", revision);
        assertThat(first.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(first.responses()).hasSize(1);
        assertThat(first.responses().get(0).getCreated()).isTrue();

        WatchLog second = WatchLog.open(peer);
        second.create("k", revision);
        assertThat(second.awaitEvents(1)).hasSize(1);
        second.close();
    }

    @Test
    void answers_are_delayed_and_keep_their_order() {
        peer.put("k", "1");
        etcd.faults().delayAnswers(Duration.ofMillis(300));
        long start = System.nanoTime();
        assertThat(peer.get("k")).isEqualTo("1");
        assertThat(System.nanoTime() - start)
                .isGreaterThan(Duration.ofMillis(290).toNanos());

        try (WatchLog watch = WatchLog.open(peer)) {
            watch.create("k", 2);
            assertThat(watch.awaitEvents(1)).hasSize(1);
            etcd.faults().delayAnswers(Duration.ZERO);
            for (int i = 0; i < 50; i++) {
                peer.put("k", "" + i);
            }
            assertThat(watch.awaitEvents(51))
                    .extracting(event -> event.getKv().getModRevision())
                    .isSorted();
        }
    }

    @Test
    void a_restart_keeps_the_data_and_gives_leases_their_full_time() {
        long lease = peer.grant(0, 30);
        long revision = peer.put("k", "1", lease);
        etcd.faults().advanceLeases(Duration.ofSeconds(20));
        String endpoint = etcd.endpoint();
        etcd.restart();

        assertThat(etcd.endpoint()).isEqualTo(endpoint);
        try (Peer again = Peer.at(endpoint)) {
            assertThat(again.get("k")).isEqualTo("1");
            assertThat(again.revision()).isEqualTo(revision);
            assertThat(again.lease()
                            .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                    .setID(lease)
                                    .build())
                            .getTTL())
                    .isEqualTo(30);
        }
    }

    @Test
    void an_empty_restart_has_the_same_ids_and_another_history() {
        peer.put("k", "1");
        etcd.restartEmpty();
        try (Peer again = Peer.at(etcd.endpoint())) {
            assertThat(again.get("k")).isEqualTo("-");
            assertThat(again.revision()).isEqualTo(1);
        }
    }

    @Test
    void compacting_is_told_to_watchers_of_what_is_forgotten() {
        peer.put("k", "1");
        long revision = peer.put("k", "2");
        etcd.faults().compact(revision);
        try (WatchLog watch = WatchLog.open(peer)) {
            watch.create("k", 2);
            assertThat(watch.await(WatchResponse::getCanceled).getCompactRevision())
                    .isEqualTo(revision);
        }
        assertThatThrownBy(() -> etcd.faults().compact(revision)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void leases_end_by_themselves_when_they_are_not_frozen() {
        try (EmbeddedEtcd aging = EmbeddedEtcd.start();
                Peer other = Peer.at(aging.endpoint())) {
            other.put("k", "1", other.grant(0, 2));
            assertThat(other.get("k")).isEqualTo("1");
            await().atMost(Duration.ofSeconds(20)).until(() -> other.get("k").equals("-"));
        }
    }

    @Test
    void a_closed_one_says_so() {
        etcd.close();
        assertThatThrownBy(etcd::restart)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("embedded etcd: closed (expected: running)");
    }

    private long left(long lease) {
        return peer.lease()
                .leaseTimeToLive(
                        LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                .getTTL();
    }
}
