package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.UnavailableException;
import dev.rollcall.testing.EtcdCluster;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster that has lost most of its members can neither be read nor written; its last member says so. */
@Tag("etcd")
@Tag("cluster")
class QuorumTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void a_lost_quorum_is_named_and_its_return_brings_everything_back() {
        Heard heard = new Heard();
        try (EtcdCluster cluster = EtcdCluster.launch();
                Rollcall rollcall = heard.connect("etcd://" + cluster.endpoints() + "?ttl=15s&timeout=1s")) {
            Registration registration =
                    rollcall.register(Instance.of(SERVICE, "127.0.0.1", 8080)).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            long lease = cluster.ctl().list("/micro/registry/").get(0).lease();
            EtcdProcess survivor = cluster.followers().get(0);
            List<EtcdProcess> others = cluster.members().stream()
                    .filter(member -> member != survivor)
                    .toList();
            others.forEach(EtcdProcess::kill);

            await().atMost(SOON)
                    .untilAsserted(() -> assertThatThrownBy(() -> rollcall.lookup(SERVICE))
                            .isInstanceOf(UnavailableException.class)
                            .hasMessageContaining("etcd at " + survivor.endpoint()
                                    + ": no leader: most of its cluster is away, or it is electing one")
                            .hasMessageContaining("etcd at " + others.get(0).endpoint() + ": connection refused"));
            assertThat(view.pick().id()).isEqualTo(registration.instance().id());
            assertThat(view.snapshot().freshness()).isEqualTo(Freshness.STALE);

            cluster.start();
            await().atMost(SOON).until(() -> registration.state() == State.REGISTERED);
            await().atMost(SOON).until(() -> view.snapshot().freshness() == Freshness.LIVE);
            assertThat(cluster.ctl().list("/micro/registry/").get(0).lease()).isEqualTo(lease);
            assertThat(heard.noBug()).isTrue();
        }
    }
}
