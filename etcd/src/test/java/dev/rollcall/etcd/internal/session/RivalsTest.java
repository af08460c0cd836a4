package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.TTL;
import static dev.rollcall.etcd.internal.session.Provider.instance;
import static dev.rollcall.etcd.internal.session.Provider.key;
import static dev.rollcall.etcd.internal.session.Provider.puts;
import static dev.rollcall.etcd.internal.session.Provider.stored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Registration.State;
import dev.rollcall.SupersededException;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.Gate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Rules 2, 3 and 10: other programs that write our key. */
class RivalsTest extends ScriptedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void only_the_first_registration_of_a_process_takes_a_key_over() {
        etcd.put(key("one"), "the predecessor's", etcd.grantLease(TTL));

        provider().registered(instance("one"));

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).startsWith("{");
    }

    @Test
    void two_processes_with_one_id_do_not_ping_pong() {
        Provider older = provider();
        EtcdRegistration first = older.registered(instance("one"));
        long olderLease = stored(etcd, "one").getLease();
        Provider newer = provider();
        EtcdRegistration second = newer.registered(instance("one"));
        older.becomes(first, State.SUPERSEDED);
        long lease = stored(etcd, "one").getLease();
        long puts = puts(etcd);
        long keepalives = keepalives(olderLease);

        older.pass(Duration.ofMinutes(5));

        assertThat(puts(etcd)).isEqualTo(puts);
        assertThat(keepalives(olderLease)).isEqualTo(keepalives);
        assertThat(stored(etcd, "one").getLease()).isEqualTo(lease);
        assertThat(second.state()).isEqualTo(State.REGISTERED);
        assertThat(older.states).containsExactly(State.REGISTERED, State.SUPERSEDED);
        assertThat(first.problem()).containsInstanceOf(SupersededException.class);
        assertThat(first.problem().orElseThrow())
                .hasMessageContaining(
                        "\"svc\" \"one\" was registered again by another living process, at 10.0.0.7:8080");
    }

    @Test
    void a_superseded_process_registers_again_when_its_successor_leaves() {
        Provider older = provider();
        EtcdRegistration first = older.registered(instance("one"));
        Provider newer = provider();
        EtcdRegistration second = newer.registered(instance("one"));
        older.becomes(first, State.SUPERSEDED);

        newer.leave(second);
        newer.becomes(second, State.CLOSED);
        older.becomes(first, State.REGISTERED);

        assertThat(etcd.leaseIds()).contains(stored(etcd, "one").getLease());
        assertThat(older.states)
                .containsExactly(State.REGISTERED, State.SUPERSEDED, State.RECOVERING, State.REGISTERED);
        assertThat(first.problem()).isEmpty();
    }

    @Test
    void a_process_that_comes_back_after_its_lease_ended_does_not_take_over() {
        Provider older = provider();
        EtcdRegistration first = older.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();
        etcd.stop();
        older.disconnected();
        etcd.expireLease(lease);
        long successor = etcd.grantLease(TTL);
        etcd.put(key("one"), "the successor's", successor);
        etcd.start();
        older.connected();

        older.becomes(first, State.SUPERSEDED);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("the successor's");
        etcd.expireLease(successor);
        older.becomes(first, State.REGISTERED);
    }

    @Test
    void a_superseded_registration_says_so_also_while_etcd_is_away() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.put(key("one"), "the successor's", etcd.grantLease(TTL));
        provider.becomes(registration, State.SUPERSEDED);

        etcd.stop();
        provider.disconnected();

        assertThat(registration.problem()).containsInstanceOf(SupersededException.class);
    }

    @Test
    void a_restored_etcd_that_brings_back_a_former_lease_of_ours_is_no_rival() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long former = stored(etcd, "one").getLease();
        etcd.expireLease(former);
        provider.becomes(registration, State.RECOVERING);
        provider.becomes(registration, State.REGISTERED);

        etcd.nextLeaseId(former);
        etcd.put(key("one"), "an older value of ours", etcd.grantLease(TTL));
        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getLease()).isNotEqualTo(former);
        assertThat(provider.states).doesNotContain(State.SUPERSEDED);
    }

    @Test
    void a_superseded_registration_closes_at_once_and_touches_nothing() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.put(key("one"), "the successor's", etcd.grantLease(TTL));
        provider.becomes(registration, State.SUPERSEDED);

        provider.leave(registration);
        provider.pass(Duration.ZERO);

        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("the successor's");
    }

    @Test
    void a_key_without_a_lease_is_repaired() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));

        etcd.put(key("one"), "an operator's");
        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getLease()).isNotZero();
        assertThat(provider.states).containsExactly(State.REGISTERED, State.RECOVERING, State.REGISTERED);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_key_of_a_dead_lease_is_repaired() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.next("LeaseTimeToLive", CallScript.failWith(io.grpc.Status.UNKNOWN)); // and asked again
        Gate gate = new Gate();
        etcd.next("Txn", CallScript.answerAfter(gate));
        long lease = etcd.grantLease(TTL);
        etcd.put(key("one"), "a dead process's", lease);
        provider.pass(Duration.ofMillis(10));
        etcd.forgetLease(lease);
        gate.open();

        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getLease()).isNotEqualTo(lease);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void at_most_three_repairs_a_minute_are_made_and_no_more_than_two_a_second() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long puts = puts(etcd);

        for (int i = 0; i < 10; i++) {
            etcd.put(key("one"), "an operator's " + i);
            provider.pass(SECOND);
        }

        assertThat(puts(etcd) - puts).isEqualTo(3);
        assertThat(registration.state()).isEqualTo(State.RECOVERING);
        assertThat(registration.problem().orElseThrow()).hasMessageContaining("at most three times a minute");
        etcd.delete(key("one")); // nobody fights for it any more
        provider.pass(SECOND);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_repair_waits_for_its_budget_and_is_made_then() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        for (int i = 0; i < 4; i++) {
            etcd.put(key("one"), "an operator's " + i);
            provider.pass(SECOND);
        }
        assertThat(registration.state()).isEqualTo(State.RECOVERING);

        provider.pass(Duration.ofSeconds(96));

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(stored(etcd, "one").getLease()).isNotZero();
    }

    @Test
    void an_operator_who_deletes_all_the_time_does_not_make_us_write_more_than_twice_a_second() {
        Provider provider = provider();
        provider.registered(instance("one"));
        long puts = puts(etcd);

        for (int i = 0; i < 200; i++) {
            etcd.delete(key("one"));
            provider.pass(Duration.ofMillis(50));
        }

        assertThat(puts(etcd) - puts).isBetween(15L, 21L);
    }

    @Test
    void a_program_that_adopts_our_lease_is_written_over_once_and_then_left_alone() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();

        etcd.put(key("one"), "go-micro's", lease);
        provider.becomes(registration, State.RECOVERING);
        provider.becomes(registration, State.REGISTERED);
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).startsWith("{");
        etcd.put(key("one"), "go-micro's again", lease);
        provider.becomes(registration, State.SUPERSEDED);
        long keepalives = keepalives(lease);

        provider.pass(Duration.ofMinutes(2));
        assertThat(keepalives(lease)).isEqualTo(keepalives); // abandoned
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("go-micro's again");
        assertThat(etcd.leaseIds()).containsExactly(lease); // it is the other's now
    }

    @Test
    void a_lease_that_another_program_adopted_just_before_the_close_is_not_revoked() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.holdEvents();
        etcd.put(key("one"), "go-micro's", stored(etcd, "one").getLease());

        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("go-micro's");
    }

    @Test
    void a_key_overwritten_without_a_lease_is_not_left_behind_for_ever() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.holdEvents();
        etcd.put(key("one"), "immortal");

        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.get(key("one"))).isEmpty();
    }

    @Test
    void the_state_is_the_worst_of_the_keys() {
        Provider provider = provider(Layouts.of("go-micro", "/a"), Layouts.of("go-micro", "/b"));
        EtcdRegistration registration = provider.registered(instance("one"));
        long successor = etcd.grantLease(TTL);

        etcd.put("/b/svc/one", "the successor's", successor);
        provider.becomes(registration, State.SUPERSEDED);
        etcd.expireLease(successor);
        provider.becomes(registration, State.REGISTERED);

        assertThat(etcd.get("/a/svc/one")).isPresent();
        assertThat(etcd.get("/b/svc/one")).isPresent();
    }

    @Test
    void a_repair_without_budget_and_a_foreign_key_at_once_do_not_block_each_other() {
        Provider provider = provider(Layouts.of("go-micro", "/a"), Layouts.of("go-micro", "/b"));
        EtcdRegistration registration = provider.registered(instance("one"));
        for (int i = 0; i < 4; i++) {
            etcd.put("/a/svc/one", "an operator's " + i);
            provider.pass(SECOND);
        }
        etcd.next("LeaseTimeToLive", CallScript.failWith(io.grpc.Status.UNKNOWN));
        long successor = etcd.grantLease(TTL);
        etcd.put("/b/svc/one", "the successor's", successor);

        provider.becomes(registration, State.SUPERSEDED);
        etcd.delete("/a/svc/one");
        etcd.expireLease(successor);
        provider.becomes(registration, State.REGISTERED);
    }

    private long keepalives(long lease) {
        return etcd.received("LeaseKeepAlive").stream()
                .filter(one -> ((LeaseKeepAliveRequest) one.request()).getID() == lease)
                .count();
    }
}
