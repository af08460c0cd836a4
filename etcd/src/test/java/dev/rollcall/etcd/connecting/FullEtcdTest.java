package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.UnavailableException;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;
import dev.rollcall.testing.Etcdctl.EtcdctlException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An etcd that has reached its quota takes no writes, and all else goes on. */
@Tag("etcd")
class FullEtcdTest {
    private static final int MEGABYTE = 1_024 * 1_024;

    @Test
    void who_is_registered_stays_and_who_comes_is_told_why_not() {
        try (EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults().withQuota(2 * MEGABYTE));
                Rollcall rollcall = new Heard().connect("etcd://" + etcd.endpoint() + "?ttl=2s")) {
            Registration early =
                    rollcall.register(Instance.of("svc.early", "127.0.0.1", 1)).await(Duration.ofSeconds(5));
            fill(etcd.ctl());
            Registration late = rollcall.register(Instance.of("svc.late", "127.0.0.1", 1));
            assertThatThrownBy(() -> late.await(Duration.ofSeconds(1)))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessage("etcd at " + etcd.endpoint() + ": mvcc: database space exceeded (resource exhausted)");
            long keepalives = rollcall.counters().getOrDefault("keepalives", 0L);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> rollcall.counters().getOrDefault("keepalives", 0L) >= keepalives + 4);
            assertThat(early.state()).isEqualTo(State.REGISTERED);
            assertThat(rollcall.services()).containsExactly("svc.early");

            etcd.ctl().deletePrefix("/filler");
            etcd.ctl().compact(etcd.ctl().revision());
            etcd.ctl().defragment();
            etcd.ctl().disarm();
            late.await(Duration.ofSeconds(10));
            assertThat(rollcall.services()).containsExactly("svc.early", "svc.late");
        }
    }

    private static void fill(Etcdctl ctl) {
        String much = "x".repeat(MEGABYTE / 2);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        ctl.put("/filler/" + i, much);
                    }
                })
                .isInstanceOf(EtcdctlException.class)
                .hasMessageContaining("space exceeded");
    }
}
