package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.instance;
import static dev.rollcall.etcd.internal.session.Provider.key;
import static dev.rollcall.etcd.internal.session.Provider.puts;
import static dev.rollcall.etcd.internal.session.Provider.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.DuplicateRegistrationException;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Registration.State;
import dev.rollcall.Status;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.Gate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Rules 25, 27 and 28, and what else can happen while an instance leaves. */
class LeavingTest extends ScriptedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void draining_is_written_at_least_200_ms_before_the_delete() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();

        provider.leave(registration);
        provider.pass(Duration.ofMillis(199));
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("draining");
        assertThat(stored(etcd, "one").getLease()).isEqualTo(lease);
        provider.pass(Duration.ofMillis(2));

        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
        assertThat(provider.states).containsExactly(State.REGISTERED, State.CLOSED);
    }

    @Test
    void draining_whose_answer_was_lost_lasts_as_long() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        provider.pass(SECOND);
        etcd.next("Txn", CallScript.applyThenFail(io.grpc.Status.UNKNOWN));

        provider.leave(registration);
        provider.pass(Duration.ofMillis(199));
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("draining");
        provider.becomes(registration, State.CLOSED);

        assertThat(puts(etcd)).isEqualTo(2);
        assertThat(etcd.get(key("one"))).isEmpty();
    }

    @Test
    void an_instance_that_drains_already_is_deleted_without_another_put() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        registration.update(instance("one").withStatus(Status.DRAINING));
        provider.pass(SECOND);

        provider.leave(registration);
        provider.pass(Duration.ZERO);

        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(puts(etcd)).isEqualTo(2);
    }

    @Test
    void a_layout_that_cannot_say_draining_is_deleted_without_a_put_and_without_delay() {
        Provider provider = provider(new PlainLayout("/plain/"));
        EtcdRegistration registration = provider.registered(instance("one"));
        assertThat(etcd.get("/plain/svc/one")).isPresent();

        provider.leave(registration);
        provider.pass(Duration.ZERO);

        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(puts(etcd)).isEqualTo(1);
        assertThat(etcd.get("/plain/svc/one")).isEmpty();
    }

    @Test
    void a_key_left_draining_by_a_dead_process_is_overwritten_by_its_restart() {
        Provider dead = provider();
        EtcdRegistration leaving = dead.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();
        dead.leave(leaving);
        dead.pass(Duration.ofMillis(100));
        dead.close(); // between the two writes
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("draining");

        provider().registered(instance("one"));
        etcd.expireLease(lease);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).doesNotContain("draining");
    }

    @Test
    void revoking_the_lease_of_the_last_life_does_not_delete_the_key_of_the_next() {
        Provider last = provider();
        last.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();
        last.close(); // killed
        EtcdRegistration restarted = provider().registered(instance("one"));

        etcd.expireLease(lease);

        assertThat(etcd.get(key("one"))).isPresent();
        assertThat(restarted.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_close_while_registering_leaves_nothing() {
        for (String method : new String[] {"LeaseGrant", "Txn", "LeaseKeepAlive"}) {
            Provider provider = provider();
            Gate gate = new Gate();
            etcd.next(method, CallScript.answerAfter(gate));
            EtcdRegistration registration = provider.register(instance("one"));
            provider.pass(Duration.ofMillis(10));

            provider.leave(registration);
            provider.pass(Duration.ofMillis(10));
            gate.open();
            provider.becomes(registration, State.CLOSED);

            assertThat(etcd.get(key("one"))).isEmpty();
            assertThat(etcd.leaseIds()).isEmpty();
        }
    }

    @Test
    void what_was_never_written_deletes_nothing_when_it_leaves() {
        for (long lease : new long[] {0, etcd.grantLease(Provider.TTL)}) {
            Provider provider = provider();
            etcd.put(key("one"), "the predecessor's", lease);
            etcd.always("Txn", call -> {
                if (Provider.puts((TxnRequest) call.request())) {
                    call.fail(io.grpc.Status.UNKNOWN);
                } else {
                    call.answer();
                }
            });
            EtcdRegistration registration = provider.register(instance("one"));
            provider.pass(SECOND);
            etcd.always("Txn", CallScript.asUsual());
            provider.leave(registration);
            provider.becomes(registration, State.CLOSED);

            assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo("the predecessor's");
        }
    }

    @Test
    void a_close_without_a_connection_and_with_nothing_written_is_done_at_once() {
        Provider provider = provider();
        provider.registered(instance("another")); // whose streams notice the end
        etcd.stop();
        provider.disconnected();
        EtcdRegistration registration = provider.register(instance("one"));
        assertThat(registration.problem().orElseThrow()).hasMessageContaining("etcd at 127.0.0.1");

        registration.close();

        assertThat(registration.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void a_close_without_a_connection_is_done_after_three_seconds() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.stop();
        provider.disconnected();

        provider.leave(registration);
        provider.pass(Duration.ofMillis(2_999));
        assertThat(registration.state()).isNotEqualTo(State.CLOSED);
        provider.pass(Duration.ofMillis(1));

        assertThat(registration.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void a_close_during_a_short_outage_still_deletes() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.stop();
        provider.disconnected();
        provider.leave(registration);
        etcd.start();

        provider.connected();
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void a_put_in_flight_when_the_connection_is_lost_is_looked_for_before_the_close() {
        Provider provider = provider();
        long another = stored(
                        etcd,
                        provider.registered(instance("another")).instance().id())
                .getLease();
        etcd.next("Txn", CallScript.applyThenSilence());
        EtcdRegistration registration = provider.register(instance("one"));
        provider.pass(Duration.ofMillis(10));
        provider.leave(registration);
        etcd.stop();
        provider.disconnected();
        assertThat(registration.problem().orElseThrow()).hasMessageContaining(etcd.endpoint());
        etcd.start();
        provider.connected();
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).containsExactly(another);
    }

    @Test
    void a_full_etcd_that_takes_no_draining_put_still_deletes() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        etcd.always("Txn", call -> {
            if (Provider.puts((TxnRequest) call.request())) {
                call.fail(
                        io.grpc.Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: mvcc: database space exceeded"));
            } else {
                call.answer();
            }
        });

        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThat(etcd.get(key("one"))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void nothing_is_left_running_after_a_close() {
        VirtualTime time = new VirtualTime();
        try (Provider provider = new Provider(etcd, time, Duration.ofSeconds(10))) {
            int timers = 0;
            for (int i = 0; i < 10; i++) {
                EtcdRegistration registration = provider.registered(instance("one"));
                registration.update(instance("one").withMetadata("zone", "b"));
                provider.leave(registration);
                provider.becomes(registration, State.CLOSED);
                provider.pass(Duration.ofMinutes(1));
                timers = i == 0 ? time.waiting() : timers;
            }

            assertThat(time.waiting()).isEqualTo(timers);
            assertThat(timers).isLessThan(3); // the connection's own
            assertThat(etcd.watchStreams()).allMatch(stream -> stream.ids().isEmpty());
        }
    }

    @Test
    void the_same_id_twice_in_one_process_is_refused_until_the_first_is_closed() {
        Provider provider = provider();
        EtcdRegistration first = provider.registered(instance("one"));

        assertThatThrownBy(() -> provider.register(instance("one")))
                .isInstanceOf(DuplicateRegistrationException.class)
                .hasMessageContaining("\"svc\" \"one\" is already registered by this process, at 10.0.0.7:8080");
        provider.leave(first);
        provider.becomes(first, State.CLOSED);

        assertThatCode(() -> provider.registered(instance("one"))).doesNotThrowAnyException();
    }

    @Test
    void two_ids_with_the_same_key_are_refused_like_one() {
        Provider provider = provider();
        EtcdRegistration first = provider.registered(instance("a/b"));

        assertThatThrownBy(() -> provider.register(instance("a-b")))
                .isInstanceOf(DuplicateRegistrationException.class)
                .hasMessageContaining(
                        "\"svc\" \"a-b\" has the same key as \"svc\" \"a/b\", already registered by this process");
        provider.leave(first);
        provider.becomes(first, State.CLOSED);

        assertThatCode(() -> provider.registered(instance("a-b"))).doesNotThrowAnyException();
    }

    @Test
    void what_could_not_leave_gracefully_is_not_registered() {
        Provider provider = provider(new PlainLayout("/plain/") {
            @Override
            public java.util.List<Entry> encode(dev.rollcall.Instance instance) {
                if (instance.status() == Status.DRAINING) {
                    throw new InvalidInstanceException("too large");
                }
                return super.encode(instance);
            }
        });

        assertThatThrownBy(() -> provider.register(instance("one"))).isInstanceOf(InvalidInstanceException.class);
    }

    @Test
    void nothing_is_registered_after_the_end() {
        Provider provider = provider();
        provider.session.close();

        assertThatThrownBy(() -> provider.register(instance("one")))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("registration of \"one\": closed");
        assertThat(provider.session.registrations()).isEmpty();
    }

    @Test
    void waiting_for_a_closed_registration_fails_at_once_and_says_so() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);

        assertThatThrownBy(() -> registration.await(Duration.ofSeconds(Long.MAX_VALUE)))
                .isInstanceOf(UnavailableException.class)
                .hasMessageStartingWith("registration of \"one\": CLOSED (expected: REGISTERED within ");
    }
}
