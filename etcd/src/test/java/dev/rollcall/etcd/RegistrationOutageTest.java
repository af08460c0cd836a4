package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.UnavailableException;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import dev.rollcall.testing.StoredKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Registrations on a real etcd that fails. */
@Tag("etcd")
class RegistrationOutageTest {
    private static final String KEY = "/micro/registry/svc/one";
    private static final Instance ONE = Instance.of("svc", "10.0.0.7", 8080).withId("one");
    private static final Duration LONG = Duration.ofSeconds(15);
    /** As soon as the issue wants it after etcd answers again. */
    private static final Duration WIPED = Duration.ofSeconds(12);

    private final EtcdProcess etcd = EtcdProcess.launch();
    private final Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint() + "?ttl=2s");

    @AfterEach
    void end() {
        rollcall.close();
        etcd.close();
    }

    private StoredKey stored() {
        return etcd.ctl().get(KEY).orElseThrow();
    }

    private static void becomes(Registration registration, State state) {
        await().atMost(LONG).until(() -> registration.state() == state);
    }

    @Test
    void a_killed_and_restarted_etcd_keeps_the_lease_and_the_key() {
        Registration registration = rollcall.register(ONE).await(LONG);
        StoredKey before = stored();
        etcd.kill();
        becomes(registration, State.RECOVERING); // more than a TTL
        assertThat(registration.problem().orElseThrow()).hasMessageContaining(etcd.endpoint());
        registration.update(ONE.withMetadata("zone", "b"));
        etcd.start();
        await().atMost(LONG).until(() -> stored().value().contains("\"zone\":\"b\""));
        becomes(registration, State.REGISTERED);

        assertThat(stored().lease()).isEqualTo(before.lease());
        assertThat(stored().createRevision()).isEqualTo(before.createRevision());
        assertThat(stored().version()).isEqualTo(2);
        assertThat(registration.problem()).isEmpty();
        assertThat(rollcall.counters()).containsEntry("leases.granted", 1L);
    }

    @Test
    void an_etcd_restored_from_an_old_snapshot_gets_the_present_value_back() {
        Registration registration = rollcall.register(ONE).await(LONG);
        etcd.kill();
        Path old = etcd.backup();
        etcd.start();
        registration.update(ONE.withMetadata("zone", "b"));
        await().atMost(LONG).until(() -> stored().value().contains("\"zone\":\"b\""));
        becomes(registration, State.REGISTERED);
        etcd.kill();
        etcd.restore(old); // the old lease answers, and the value is the old one
        etcd.start();

        await().atMost(WIPED).until(() -> stored().value().contains("\"zone\":\"b\""));
        becomes(registration, State.REGISTERED);
    }

    @Test
    void an_etcd_restored_from_before_the_registration_gets_it_back() {
        etcd.kill();
        Path empty = etcd.backup();
        etcd.start();
        Registration registration = rollcall.register(ONE).await(LONG);
        etcd.kill();
        etcd.restore(empty);
        etcd.start();

        await().atMost(WIPED).until(() -> etcd.ctl().get(KEY).isPresent());
        becomes(registration, State.REGISTERED);
    }

    @Test
    void an_etcd_that_hangs_makes_it_suspect_then_doubtful_then_well() {
        Registration registration = rollcall.register(ONE).await(LONG);
        StoredKey before = stored();
        etcd.pause();
        becomes(registration, State.SUSPECT);
        becomes(registration, State.RECOVERING);
        etcd.resume();
        becomes(registration, State.REGISTERED);

        assertThat(stored().createRevision()).isGreaterThanOrEqualTo(before.createRevision());
    }

    @Test
    void a_provider_cut_off_for_longer_than_its_ttl_registers_again_under_a_new_lease() {
        try (FaultProxy proxy = FaultProxy.to(etcd.endpoint());
                Rollcall cutOff = Rollcall.connect("etcd://" + proxy.endpoint() + "?ttl=2s")) {
            Registration registration = cutOff.register(ONE).await(LONG);
            long lease = stored().lease();
            proxy.blackHole();
            await().atMost(LONG).until(() -> etcd.ctl().get(KEY).isEmpty());
            assertThat(registration.state()).isEqualTo(State.RECOVERING);
            proxy.heal();
            becomes(registration, State.REGISTERED);

            assertThat(stored().lease()).isNotEqualTo(lease);
        }
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void a_close_while_etcd_is_away_returns_within_its_bound() {
        List<Registration> all = List.of(rollcall.register(ONE), rollcall.register(ONE.withId("two")));
        all.forEach(each -> each.await(LONG));
        etcd.kill();

        rollcall.close();

        assertThat(all).allMatch(each -> each.state() == State.CLOSED);
    }

    @Test
    void an_etcd_that_is_not_there_is_waited_for_and_named() {
        etcd.kill();
        Registration registration = rollcall.register(ONE);
        await().atMost(LONG)
                .until(() -> registration
                        .problem()
                        .filter(problem -> String.valueOf(problem.getMessage()).contains(etcd.endpoint()))
                        .isPresent());

        assertThatThrownBy(() -> registration.await(Duration.ofMillis(500)))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("etcd at " + etcd.endpoint());
        assertThat(registration.state()).isEqualTo(State.REGISTERING);
        assertThat(registration.problem()).isPresent();
        assertThat(rollcall.health().problems()).anyMatch(problem -> problem.contains(etcd.endpoint()));
        etcd.start();
        becomes(registration, State.REGISTERED);
        assertThat(registration.problem()).isEmpty();
    }
}
