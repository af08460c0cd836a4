package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A thousand registrations in one process. */
@Tag("etcd")
class ManyRegistrationsTest {
    @Test
    void a_thousand_registrations_share_streams_survive_a_restart_of_etcd_and_leave_together() {
        List<Registration> all = new ArrayList<>();
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            try (Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint() + "?ttl=10s")) {
                for (int i = 0; i < 1_000; i++) {
                    all.add(rollcall.register(
                            Instance.of("many", "10.0.0.7", 8080).withId("i" + i)));
                }
                registered(all);
                assertThat(etcd.ctl().list("/micro/registry/many/")).hasSize(1_000);
                assertThat(rollcall.counters()).containsEntry("streams", 1L + 2); // of watches, and of 500 leases each

                etcd.kill();
                etcd.start();
                await().atMost(Duration.ofSeconds(15))
                        .until(() -> rollcall.counters().getOrDefault("reconnects", 0L) > 0);
                registered(all);
                assertThat(rollcall.counters()).containsEntry("leases.granted", 1_000L);
            }
            assertThat(all).allMatch(each -> each.state() == State.CLOSED);
            assertThat(etcd.ctl().list("/micro/registry/many/")).isEmpty();
            assertThat(etcd.ctl().leases()).isEmpty();
        }
    }

    private static void registered(List<Registration> all) {
        await().atMost(Duration.ofSeconds(15))
                .until(() -> all.stream().allMatch(each -> each.state() == State.REGISTERED));
    }
}
