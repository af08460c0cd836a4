package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Address;
import dev.rollcall.DuplicateRegistrationException;
import dev.rollcall.Registration.State;
import dev.rollcall.etcd.layout.Layouts;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Keys that are not simply an instance's own: such as name their lease, are shared, or move with the address. */
class LayoutKeysTest extends ScriptedTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void a_key_that_names_its_lease_is_written_with_it_and_goes_with_the_registration() {
        Provider provider = provider(Layouts.of("go-zero", null));
        EtcdRegistration registration = provider.registered(instance("one"));

        String key = "svc/" + lease();
        assertThat(etcd.get(key).orElseThrow().getLease()).isEqualTo(lease());
        assertThat(etcd.get(key).orElseThrow().getValue().toStringUtf8()).isEqualTo("10.0.0.7:8080");
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);
        assertThat(etcd.get(key)).isEmpty();
    }

    @Test
    void a_key_that_names_its_lease_moves_to_the_next_one() {
        Provider provider = provider(Layouts.of("go-zero", null));
        EtcdRegistration registration = provider.registered(instance("one"));
        long before = lease();

        etcd.expireLease(before);
        provider.becomes(registration, State.RECOVERING);
        provider.becomes(registration, State.REGISTERED);

        assertThat(lease()).isNotEqualTo(before);
        assertThat(etcd.get("svc/" + before)).isEmpty();
        assertThat(etcd.get("svc/" + lease())).isPresent();
    }

    @Test
    void a_key_that_names_its_lease_never_changes_its_value() {
        Provider provider = provider(Layouts.of("go-zero", null));
        EtcdRegistration registration = provider.registered(instance("one"));
        long before = lease();

        registration.update(instance("one").withMetadata("not", "carried"));
        provider.pass(MINUTE);
        assertThat(lease()).isEqualTo(before);
        registration.update(instance("one").withAddress(new Address("10.0.0.8", 80)));
        provider.pass(MINUTE);

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(etcd.get("svc/" + before)).isEmpty();
        etcd.expireLease(before); // nobody keeps it alive
        assertThat(etcd.get("svc/" + lease()).orElseThrow().getValue().toStringUtf8())
                .isEqualTo("10.0.0.8:80");
    }

    @Test
    void shared_keys_are_put_beside_and_neither_repaired_nor_deleted() {
        Provider provider = provider(Layouts.of("rpcx", null));
        EtcdRegistration registration = provider.registered(instance("one"));
        assertThat(etcd.get("/rpcx").orElseThrow().getValue().toStringUtf8()).isEqualTo("rpcx_path");
        assertThat(etcd.get("/rpcx/svc").orElseThrow().getValue().toStringUtf8())
                .isEqualTo("svc");

        etcd.put("/rpcx", "another's");
        etcd.delete("/rpcx/svc");
        provider.pass(MINUTE);

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(etcd.get("/rpcx").orElseThrow().getValue().toStringUtf8()).isEqualTo("another's");
        assertThat(etcd.get("/rpcx/svc")).isEmpty();
        assertThat(etcd.watchStreams().get(0).ids()).hasSize(1);
        provider.leave(registration);
        provider.becomes(registration, State.CLOSED);
        assertThat(etcd.get("/rpcx/svc/tcp@10.0.0.7:8080")).isEmpty();
        assertThat(etcd.get("/rpcx")).isPresent();
    }

    @Test
    void an_instance_that_moves_has_its_new_key_alone_and_frees_the_old_one() {
        Provider provider = provider(Layouts.of("go-kit", null));
        EtcdRegistration one = provider.registered(instance("one"));
        assertThatThrownBy(() -> provider.register(instance("two"))).isInstanceOf(DuplicateRegistrationException.class);

        one.update(instance("one").withAddress(new Address("10.0.0.8", 80)));
        EtcdRegistration two = provider.registered(instance("two"));
        provider.pass(MINUTE);

        assertThat(one.state()).isEqualTo(State.REGISTERED);
        assertThat(two.state()).isEqualTo(State.REGISTERED);
        assertThat(etcd.get("svc/10.0.0.7:8080")).isPresent();
        assertThat(etcd.get("svc/10.0.0.8:80")).isPresent();
        assertThatThrownBy(() -> two.update(instance("two").withAddress(new Address("10.0.0.8", 80))))
                .isInstanceOf(DuplicateRegistrationException.class);
    }

    private long lease() {
        assertThat(etcd.leaseIds()).hasSize(1);
        return etcd.leaseIds().iterator().next();
    }
}
