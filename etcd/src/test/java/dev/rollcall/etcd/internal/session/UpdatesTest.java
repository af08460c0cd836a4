package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.instance;
import static dev.rollcall.etcd.internal.session.Provider.puts;
import static dev.rollcall.etcd.internal.session.Provider.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Registration.State;
import dev.rollcall.Status;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.testing.CallScript;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpdatesTest extends ScriptedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void a_hundred_updates_a_second_are_at_most_two_writes_and_the_last_one_wins() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();
        long puts = puts(etcd);

        for (int i = 1; i <= 500; i++) {
            registration.update(instance("one").withMetadata("load", "" + i));
            provider.pass(Duration.ofMillis(10));
        }
        assertThat(puts(etcd) - puts).isBetween(9L, 11L);
        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"load\":\"500\"");
        assertThat(stored(etcd, "one").getLease()).isEqualTo(lease);
        assertThat(provider.states).containsExactly(State.REGISTERED);
    }

    @Test
    void updates_without_end_do_not_keep_a_registration_from_being_registered() {
        Provider provider = provider();
        EtcdRegistration registration = provider.register(instance("one"));

        for (int i = 1; i <= 100; i++) {
            registration.update(instance("one").withMetadata("load", "" + i));
            provider.pass(Duration.ofMillis(10));
        }

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void an_update_to_the_same_writes_nothing() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));

        registration.update(instance("one"));
        provider.pass(SECOND);

        assertThat(puts(etcd)).isEqualTo(1);
    }

    @Test
    void an_update_while_disconnected_is_written_afterwards_under_the_same_lease() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        long lease = stored(etcd, "one").getLease();
        etcd.stop();
        provider.disconnected();
        registration.update(instance("one").withMetadata("zone", "b"));
        registration.update(instance("one").withMetadata("zone", "c"));
        etcd.start();
        provider.connected();

        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"c\"");
        assertThat(stored(etcd, "one").getLease()).isEqualTo(lease);
        assertThat(puts(etcd)).isEqualTo(2);
        assertThat(registration.instance().metadata()).containsEntry("zone", "c");
    }

    @Test
    void an_instance_drains_alone_and_is_up_again() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        String up = stored(etcd, "one").getValue().toStringUtf8();

        registration.update(instance("one").withStatus(Status.DRAINING));
        provider.pass(SECOND);
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"rollcall.status\":\"draining\"");
        provider.pass(Duration.ofMinutes(2));
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        registration.update(instance("one"));
        provider.pass(SECOND);

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).isEqualTo(up);
        assertThat(puts(etcd)).isEqualTo(3);
        assertThat(provider.states).containsExactly(State.REGISTERED);
    }

    @Test
    void an_update_that_etcd_refuses_is_not_tried_in_a_tight_loop_and_shows() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        io.grpc.Status denied = io.grpc.Status.PERMISSION_DENIED.withDescription("etcdserver: permission denied");
        etcd.always("Txn", call -> {
            if (Provider.puts((TxnRequest) call.request())) {
                call.fail(denied);
            } else {
                call.answer();
            }
        });
        long puts = puts(etcd);

        for (int i = 0; i < 600; i++) {
            registration.update(instance("one").withMetadata("load", "" + i));
            provider.pass(Duration.ofMillis(100));
        }

        assertThat(puts(etcd) - puts).isBetween(10L, 60L);
        assertThat(registration.state()).isEqualTo(State.RECOVERING);
        assertThat(registration.problem()).containsInstanceOf(AccessDeniedException.class);
    }

    @Test
    void a_failure_after_all_was_well_is_tried_again_soon() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));
        for (int i = 0; i < 10; i++) {
            etcd.next("Txn", CallScript.failWith(io.grpc.Status.UNKNOWN));
        }
        registration.update(instance("one").withMetadata("zone", "b"));
        provider.pass(Duration.ofMinutes(1));
        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"b\"");

        etcd.next("Txn", CallScript.failWith(io.grpc.Status.UNKNOWN));
        registration.update(instance("one").withMetadata("zone", "c"));
        provider.pass(Duration.ofMillis(101));

        assertThat(stored(etcd, "one").getValue().toStringUtf8()).contains("\"zone\":\"c\"");
    }

    @Test
    void an_update_that_moves_the_key_deletes_the_old_one_in_the_same_write() {
        Provider provider = provider(new PlainLayout("/plain/") {
            @Override
            public List<Entry> encode(Instance instance) {
                return List.of(new Entry("/plain/" + instance.address(), new byte[] {1}));
            }
        });
        EtcdRegistration registration = provider.registered(instance("one"));

        registration.update(instance("one").withAddress(new Address("10.0.0.8", 80)));
        provider.pass(SECOND);

        assertThat(etcd.get("/plain/10.0.0.7:8080")).isEmpty();
        assertThat(etcd.get("/plain/10.0.0.8:80").orElseThrow().getModRevision())
                .isEqualTo(etcd.revision());
        assertThat(etcd.revision()).isEqualTo(3);
        assertThat(etcd.watchStreams().get(0).ids()).hasSize(1);
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);
        assertThat(etcd.get("/plain/10.0.0.8:80")).isEmpty();
    }

    @Test
    void an_update_of_another_id_or_service_is_refused() {
        Provider provider = provider();
        EtcdRegistration registration = provider.registered(instance("one"));

        assertThatThrownBy(() -> registration.update(instance("two")))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("update: \"svc\" \"two\" (expected: service \"svc\", id \"one\")");
        Instance other = Instance.of("other", "10.0.0.7", 8080).withId("one");
        assertThatThrownBy(() -> registration.update(other)).isInstanceOf(InvalidInstanceException.class);
        assertThat(registration.instance()).isEqualTo(instance("one"));
    }
}
