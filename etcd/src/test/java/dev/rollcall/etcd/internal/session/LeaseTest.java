package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.TTL;
import static dev.rollcall.etcd.internal.session.Provider.instance;
import static dev.rollcall.etcd.internal.session.Provider.key;
import static dev.rollcall.etcd.internal.session.Provider.puts;
import static dev.rollcall.etcd.internal.session.Provider.stored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Registration.State;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.testing.KeepAliveScript;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rules 6, 8, 10 and 12 of leases and their keepalives. */
class LeaseTest extends ScriptedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void registered_needs_a_keepalive_sent_after_the_put_was_acknowledged() {
        Provider provider = provider();
        etcd.onKeepAlive(KeepAliveScript.silence());
        EtcdRegistration registration = provider.register(instance("one"));

        provider.pass(SECOND);
        assertThat(etcd.get(key("one"))).isPresent();
        assertThat(registration.state()).isEqualTo(State.REGISTERING);
        etcd.onKeepAlive(KeepAliveScript.asUsual());
        provider.becomes(registration, State.REGISTERED);

        assertThat(puts(etcd)).isEqualTo(1);
        assertThat(provider.states).containsExactly(State.REGISTERED);
    }

    @Test
    void a_put_acknowledged_on_a_lease_that_has_expired_is_made_again_under_a_new_one() {
        Provider provider = provider();
        etcd.onKeepAlive((request, usual) -> {
            if (request.getID() == first(etcd)) {
                etcd.expireLease(request.getID()); // accepted, and gone a moment later
                return Optional.of(usual.toBuilder().setTTL(0).build());
            }
            return Optional.of(usual);
        });

        EtcdRegistration registration = provider.registered(instance("one"));

        assertThat(provider.states).containsExactly(State.REGISTERED); // never before
        assertThat(etcd.received("LeaseGrant")).hasSize(2);
        assertThat(etcd.leaseIds()).contains(stored(etcd, "one").getLease());
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void after_a_silence_of_half_the_ttl_a_keepalive_comes_before_any_put() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.onKeepAlive(KeepAliveScript.silence());
        provider.pass(TTL.dividedBy(2).plusSeconds(1));
        long puts = puts(etcd);

        registration.update(instance("one").withMetadata("zone", "b"));
        provider.pass(SECOND);
        assertThat(puts(etcd)).isEqualTo(puts);
        etcd.onKeepAlive(KeepAliveScript.asUsual());
        provider.becomes(registration, State.REGISTERED);
        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"b\"");
    }

    @Test
    void a_keepalive_goes_out_every_third_of_the_ttl() {
        Provider provider = provider();
        provider.registered(instance("one"));
        int before = etcd.received("LeaseKeepAlive").size();

        provider.pass(TTL.multipliedBy(10));

        assertThat(etcd.received("LeaseKeepAlive").size() - before).isEqualTo(30);
    }

    @Test
    void a_keepalive_unanswered_for_a_sixth_of_the_ttl_makes_it_suspect_and_a_whole_ttl_doubtful() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.onKeepAlive(KeepAliveScript.silence());

        provider.pass(Duration.ofMillis(14_900)); // a third, and nearly a sixth
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        provider.pass(Duration.ofMillis(200));
        assertThat(registration.state()).isEqualTo(State.SUSPECT);
        assertThat(registration.problem().orElseThrow()).hasMessageContaining("a keepalive is overdue");
        provider.pass(Duration.ofMillis(14_800));
        assertThat(registration.state()).isEqualTo(State.SUSPECT);
        provider.pass(Duration.ofMillis(300));
        assertThat(registration.state()).isEqualTo(State.RECOVERING);
        etcd.onKeepAlive(KeepAliveScript.asUsual());
        provider.becomes(registration, State.REGISTERED);

        assertThat(etcd.received("LeaseGrant")).hasSize(1); // the old lease first
        assertThat(puts(etcd)).isEqualTo(1);
        assertThat(registration.problem()).isEmpty();
    }

    @Test
    void a_stream_that_no_longer_answers_is_replaced_before_the_lease_ends() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long streams = provider.counter("streams");
        etcd.onKeepAlive(
                (request, usual) -> provider.counter("streams") > streams ? Optional.of(usual) : Optional.empty());

        provider.pass(TTL);

        assertThat(provider.states).containsExactly(State.REGISTERED, State.SUSPECT, State.REGISTERED);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_keepalive_stream_that_ends_with_ok_is_opened_again() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));

        for (int i = 0; i < 5; i++) {
            etcd.endKeepAlives(Status.OK);
            provider.pass(TTL);
        }

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(provider.states).containsExactly(State.REGISTERED);
        assertThat(etcd.received("LeaseGrant")).hasSize(1);
    }

    @Test
    void a_keepalive_stream_that_always_ends_is_not_opened_in_a_tight_loop() {
        Provider provider = provider();
        provider.registered(instance("one"));
        int before = etcd.received("LeaseKeepAlive").size();
        for (int i = 0; i < 600; i++) {
            etcd.endKeepAlives(Status.OK);
            provider.pass(Duration.ofMillis(100));
        }

        assertThat(etcd.received("LeaseKeepAlive").size() - before).isBetween(60, 200);
    }

    @Test
    void a_lease_that_is_gone_is_replaced() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();

        etcd.expireLease(lease);
        provider.pass(TTL.dividedBy(3).plus(SECOND));

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(stored(etcd, "one").getLease()).isNotEqualTo(lease);
        assertThat(provider.states).containsExactly(State.REGISTERED, State.RECOVERING, State.REGISTERED);
    }

    @Test
    void leases_that_never_live_do_not_make_a_storm() {
        Provider provider = provider();
        etcd.onKeepAlive(KeepAliveScript.ttl(0));

        EtcdRegistration registration = provider.register(instance("one"));
        provider.pass(Duration.ofMinutes(1));

        assertThat(registration.state()).isEqualTo(State.REGISTERING);
        assertThat(etcd.received("LeaseGrant")).hasSizeBetween(10, 60);
    }

    @Test
    void a_negative_lease_id_is_as_good_as_any() {
        Provider provider = provider();
        etcd.nextLeaseId(-7);
        EtcdRegistration registration = provider.registered(instance("one"));
        assertThat(stored(etcd, "one").getLease()).isEqualTo(-7);

        provider.pass(TTL.multipliedBy(2));
        assertThat(provider.states).containsExactly(State.REGISTERED);
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void the_granted_ttl_counts_however_huge_or_small() {
        for (long granted : List.of(Long.MAX_VALUE, 9_000_000_000L, 3L, 0L, -1L)) {
            Provider provider = provider();
            etcd.nextGrantedTtl(granted);
            EtcdRegistration registration = provider.registered(instance("ttl" + granted));
            int before = etcd.received("LeaseKeepAlive").size();

            provider.pass(Duration.ofSeconds(9));

            int expected = granted > 3 ? 0 : granted == 3 ? 9 : 27;
            assertThat(etcd.received("LeaseKeepAlive").size() - before).isBetween(expected, expected + 1);
            provider.leave(registration);
            provider.becomes(registration, State.CLOSED);
        }
    }

    @Test
    void each_registration_has_a_lease_of_its_own_that_goes_with_it() {
        Provider provider = provider();
        EtcdRegistration one = provider.registered(instance("one"));
        provider.registered(instance("two"));
        assertThat(etcd.leaseIds()).hasSize(2);

        provider.leave(one);
        provider.becomes(one, State.CLOSED);

        assertThat(etcd.leaseIds()).containsExactly(stored(etcd, "two").getLease());
    }

    private static long first(ScriptedEtcd etcd) {
        return ((TxnRequest) etcd.received("Txn").get(0).request())
                .getSuccess(0)
                .getRequestPut()
                .getLease();
    }
}
