package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Leases on a clock of our own, and the limits of the store. */
class StoreTest {
    private final AtomicLong clock = new AtomicLong();
    private final Store store = new Store(new Keyspace(), new Leases(clock::get), Journal.NONE, 1 << 20);

    @Test
    void the_smallest_lease_is_2_s_and_the_largest_9_billion() {
        assertThat(store.leases().grant(1, 1).getTTL()).isEqualTo(2);
        assertThat(store.leases().grant(2, 0).getTTL()).isEqualTo(2);
        assertThat(store.leases().grant(3, -5).getTTL()).isEqualTo(2);
        assertThat(store.leases().grant(4, 9_000_000_000L).getTTL()).isEqualTo(9_000_000_000L);
        assertThatThrownBy(() -> store.leases().grant(5, 9_000_000_001L)).hasMessage("etcdserver: too large lease TTL");
    }

    @Test
    void an_expired_lease_takes_keys_until_it_is_revoked() {
        store.leases().grant(1, 10);
        pass(Duration.ofSeconds(11));
        put("k", 1);
        assertThat(count("k")).isEqualTo(1);

        store.leases().revokeExpired();
        assertThat(count("k")).isZero();
        assertThatThrownBy(() -> put("k", 1)).hasMessage("etcdserver: requested lease not found");
    }

    @Test
    void a_keepalive_gives_the_full_time_back_and_answers_0_for_a_lease_that_is_gone() {
        store.leases().grant(1, 10);
        pass(Duration.ofSeconds(9));
        assertThat(store.leases().keepAlive(1)).isEqualTo(10);
        pass(Duration.ofSeconds(9));
        store.leases().revokeExpired();
        assertThat(store.leases().timeToLive(1, false).getTTL()).isEqualTo(1);

        pass(Duration.ofSeconds(1));
        assertThat(store.leases().keepAlive(1)).isZero();
        assertThat(store.leases().timeToLive(1, false).getTTL()).isEqualTo(-1);
        assertThat(store.leases().keepAlive(2)).isZero();
    }

    @Test
    void what_is_left_of_a_lease_is_told_in_whole_seconds_with_its_keys_in_order() {
        store.leases().grant(1, 10);
        put("b", 1);
        put("a", 1);
        pass(Duration.ofMillis(1));

        var answer = store.leases().timeToLive(1, true);
        assertThat(answer.getTTL()).isEqualTo(9);
        assertThat(answer.getGrantedTTL()).isEqualTo(10);
        assertThat(answer.getKeysList()).containsExactly(bytes("a"), bytes("b"));
        assertThat(store.leases().timeToLive(1, false).getKeysList()).isEmpty();
    }

    @Test
    void leases_are_listed_by_their_end() {
        store.leases().grant(3, 30);
        store.leases().grant(1, 10);
        store.leases().grant(2, 20);
        assertThat(store.leases().all().getLeasesList())
                .extracting(LeaseStatus::getID)
                .containsExactly(1L, 2L, 3L);
    }

    @Test
    void each_expired_lease_is_revoked_in_a_revision_of_its_own_and_one_without_keys_in_none() {
        store.leases().grant(1, 10);
        store.leases().grant(2, 10);
        store.leases().grant(3, 10);
        put("a", 1);
        put("b", 2);
        long before = store.revision();
        pass(Duration.ofSeconds(10));
        store.leases().revokeExpired();

        assertThat(store.revision()).isEqualTo(before + 2);
        assertThat(store.leases().all().getLeasesList()).isEmpty();
    }

    @Test
    void a_full_store_refuses_puts_and_grants_until_something_is_forgotten_and_the_alarm_is_switched_off() {
        ByteString large = ByteString.copyFrom(new byte[200 << 10]);
        for (int i = 0; i < 6; i++) {
            store.put(PutRequest.newBuilder().setKey(bytes("k")).setValue(large).build());
        }
        assertThat(store.full()).isTrue();
        assertThatThrownBy(() -> put("k", 0)).hasMessage("etcdserver: mvcc: database space exceeded");
        assertThatThrownBy(() -> store.leases().grant(1, 10)).hasMessage("etcdserver: mvcc: database space exceeded");

        store.compact(store.revision());
        assertThatThrownBy(() -> put("k", 0)).hasMessage("etcdserver: mvcc: database space exceeded");
        store.full(false);
        put("k", 0);
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    private void put(String key, long lease) {
        store.put(PutRequest.newBuilder().setKey(bytes(key)).setLease(lease).build());
    }

    private long count(String key) {
        return store.range(RangeRequest.newBuilder().setKey(bytes(key)).build()).getCount();
    }
}
