package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.TTL;
import static dev.rollcall.etcd.internal.session.Provider.instance;
import static dev.rollcall.etcd.internal.session.Provider.key;
import static dev.rollcall.etcd.internal.session.Provider.puts;
import static dev.rollcall.etcd.internal.session.Provider.reads;
import static dev.rollcall.etcd.internal.session.Provider.stored;
import static dev.rollcall.etcd.internal.session.Provider.writes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.Status;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.Gate;
import dev.rollcall.etcd.testing.Shapes;
import dev.rollcall.etcd.testing.WatchScript;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules 1, 4, 5, 7, 9 and 13 of writing own keys. */
class OwnWritesTest extends ScriptedTest {
    private static final io.grpc.Status LEASE_NOT_FOUND =
            io.grpc.Status.NOT_FOUND.withDescription("etcdserver: requested lease not found");

    @Test
    void a_close_does_not_delete_a_successors_key() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.holdEvents(); // it must not be the watch that saves the successor
        etcd.put(key("one"), "the successor's", etcd.grantLease(TTL));

        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("the successor's");
        assertThat(etcd.leaseIds()).containsExactly(stored(etcd, "one").getLease());
    }

    @Test
    void every_write_but_the_first_compares_what_we_last_wrote() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long first = stored(etcd, "one").getModRevision();
        registration.update(instance("one").withMetadata("zone", "b"));
        provider.pass(Duration.ofSeconds(1));
        etcd.delete(key("one"));
        provider.pass(Duration.ofSeconds(1));
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        List<TxnRequest> writes = writes(etcd);
        assertThat(writes).hasSize(5); // put, update, repair, DRAINING, delete
        assertThat(writes.get(0).getCompareCount()).isZero();
        assertThat(writes.subList(1, 5)).allMatch(txn -> txn.getCompareCount() == 1);
        assertThat(writes.get(1).getCompare(0).getModRevision()).isEqualTo(first);
    }

    @Test
    void at_most_one_write_of_a_key_is_in_flight_and_the_last_value_wins() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        Gate gate = new Gate();
        etcd.next("Txn", CallScript.applyAfter(gate));
        provider.pass(Duration.ofSeconds(1));
        long before = puts(etcd);

        for (String zone : List.of("a", "b", "c")) {
            registration.update(instance("one").withMetadata("zone", zone));
            provider.pass(Duration.ofMillis(600));
        }
        assertThat(puts(etcd)).isEqualTo(before + 1);
        gate.open();
        provider.pass(Duration.ofSeconds(1));

        assertThat(puts(etcd)).isEqualTo(before + 2);
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"c\"");
    }

    @Test
    void late_watch_events_of_our_own_older_writes_are_ignored() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.holdEvents();
        for (String zone : List.of("a", "b")) {
            registration.update(instance("one").withMetadata("zone", zone));
            provider.pass(Duration.ofMillis(600));
        }
        long reads = reads(etcd);
        long puts = puts(etcd);

        etcd.releaseEvents();
        provider.pass(Duration.ofSeconds(1));

        assertThat(puts(etcd)).isEqualTo(puts);
        assertThat(reads(etcd)).isEqualTo(reads);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_change_during_a_read_of_the_key_is_not_missed() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        Gate gate = new Gate();
        etcd.next("Txn", CallScript.answerAfter(gate));
        provider.pass(Duration.ofSeconds(36)); // read, all is well, but the answer is late
        etcd.delete(key("one"));
        provider.pass(Duration.ofMillis(100));
        gate.open();
        provider.pass(Duration.ofSeconds(1));

        assertThat(etcd.get(key("one"))).isPresent();
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_put_whose_answer_is_lost_is_found_by_a_read_and_not_repeated() {
        Provider provider = provider();
        etcd.next("Txn", CallScript.applyThenFail(io.grpc.Status.UNKNOWN));

        EtcdRegistration registration = provider.registered(instance("one"));

        assertThat(puts(etcd)).isEqualTo(1);
        assertThat(provider.states).containsExactly(State.REGISTERED);
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);
        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void a_put_that_hit_its_deadline_is_settled_by_a_read_before_the_delete() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.next("Txn", CallScript.applyThenFail(io.grpc.Status.DEADLINE_EXCEEDED));
        provider.pass(Duration.ofSeconds(1));

        registration.update(instance("one").withMetadata("zone", "b"));
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void a_put_that_applies_after_the_close_fails_because_the_lease_is_revoked() {
        Provider provider = provider(Duration.ofMillis(200));
        Gate gate = new Gate();
        etcd.next("Txn", CallScript.applyAfter(gate));
        EtcdRegistration registration = provider.register(instance("one"));
        provider.pass(Duration.ofMillis(10));
        provider.leave(registration);
        await().until(
                        () -> { // the deadline of a call is in real time
                            provider.pass(Duration.ofMillis(10));
                            return registration.state() == State.CLOSED;
                        });
        assertThat(etcd.leaseIds()).isEmpty();

        gate.open();

        assertThat(etcd.get(key("one"))).isEmpty();
    }

    @Test
    void a_put_under_a_lease_that_is_gone_gets_a_new_lease() {
        Provider provider = provider();
        etcd.next("Txn", CallScript.failWith(LEASE_NOT_FOUND));

        provider.registered(instance("one"));

        assertThat(etcd.received("LeaseGrant")).hasSize(2);
        assertThat(provider.states).containsExactly(State.REGISTERED);
    }

    @Test
    void an_etcd_that_never_knows_its_leases_gets_no_lease_storm() {
        Provider provider = provider();
        etcd.always("Txn", call -> {
            if (puts((TxnRequest) call.request())) {
                call.fail(LEASE_NOT_FOUND);
            } else {
                call.answer();
            }
        });

        EtcdRegistration registration = provider.register(instance("one"));
        provider.pass(Duration.ofMinutes(1));

        assertThat(registration.state()).isEqualTo(State.REGISTERING);
        assertThat(etcd.received("LeaseGrant")).hasSizeBetween(10, 60);
    }

    @Test
    void all_keys_of_an_instance_go_in_one_transaction() {
        Provider provider = provider(Layouts.of("go-micro", "/a"), Layouts.of("go-micro-v5", "/b"));

        EtcdRegistration registration = provider.registered(instance("one"));

        assertThat(writes(etcd)).hasSize(1);
        assertThat(writes(etcd).get(0).getSuccessCount()).isEqualTo(2);
        assertThat(etcd.get("/a/svc/one").orElseThrow().getModRevision())
                .isEqualTo(etcd.get("/b/svc/one").orElseThrow().getModRevision());
        registration.update(instance("one").withStatus(Status.DRAINING));
        provider.pass(Duration.ofSeconds(1));
        assertThat(writes(etcd).get(1).getSuccessCount()).isEqualTo(2);
        assertThat(etcd.leaseIds()).hasSize(1);
    }

    @Test
    void a_key_that_vanished_without_a_word_is_found_missing_within_36_s() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.shapeEvents(Shapes::dropped); // as after a restore: the watch waits for a revision of the future
        etcd.delete(key("one"));
        provider.pass(Duration.ofSeconds(20));
        assertThat(etcd.get(key("one"))).isEmpty();

        provider.pass(Duration.ofSeconds(17));

        assertThat(etcd.get(key("one"))).isPresent();
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void an_own_key_is_read_after_every_reconnect() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.stop();
        provider.disconnected();
        etcd.delete(key("one"));
        etcd.start();
        provider.connected();

        provider.pass(Duration.ofSeconds(2));

        assertThat(etcd.get(key("one"))).isPresent();
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(etcd.received("LeaseGrant")).hasSize(1);
    }

    @Test
    void an_own_key_is_watched_again_after_every_reconnect() {
        Provider provider = provider();
        provider.registered(instance("one"));
        etcd.stop();
        provider.disconnected();
        etcd.start();
        provider.connected();
        provider.pass(Duration.ofSeconds(1));
        assertThat(puts(etcd)).isEqualTo(1);

        etcd.delete(key("one"));
        provider.pass(Duration.ofSeconds(1));

        assertThat(etcd.get(key("one"))).isPresent();
    }

    @Test
    void a_wiped_etcd_gets_everything_again() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one").withMetadata("zone", "a"));
        Instance changed = instance("one").withMetadata("zone", "b");
        registration.update(changed);
        provider.pass(Duration.ofSeconds(1));
        etcd.wipe();
        provider.disconnected();
        provider.connected();

        provider.pass(Duration.ofSeconds(3));

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"b\"");
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        etcd.delete(key("one"));
        provider.pass(Duration.ofSeconds(2));
        assertThat(etcd.get(key("one"))).isPresent(); // the watch does not wait for a revision of the past
    }

    @Test
    void a_watch_that_is_refused_for_ever_is_not_asked_for_in_a_tight_loop() {
        for (int i = 0; i < 500; i++) {
            etcd.nextWatch(WatchScript.refuse("etcdserver: no reason"));
        }
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));

        provider.pass(Duration.ofMinutes(1));

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(reads(etcd)).isBetween(10L, 60L);
    }
}
