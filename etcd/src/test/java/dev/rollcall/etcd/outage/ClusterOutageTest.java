package dev.rollcall.etcd.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdCluster;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster of three loses its leader. */
@Tag("etcd")
@Tag("cluster")
class ClusterOutageTest {
    private static final String SERVICE = "hello.srv.say";

    private EtcdCluster cluster;
    private Rollcall provider;
    private Rollcall consumer;
    private Registration a;
    private SnapshotRecorder seen;

    @BeforeEach
    void open() {
        cluster = EtcdCluster.launch();
        String url = "etcd://" + cluster.endpoints() + "?ttl=5s";
        provider = Rollcall.connect(url);
        consumer = Rollcall.connect(url);
        a = provider.register(Instance.of(SERVICE, "10.0.0.1", 8080).withId("a"))
                .await(Duration.ofSeconds(10));
        seen = SnapshotRecorder.of(consumer, SERVICE);
        seen.awaitInstance("a");
    }

    @AfterEach
    void close() {
        seen.close();
        provider.close();
        consumer.close();
        cluster.close();
    }

    @Test
    void a_cluster_that_loses_its_leader_loses_no_instance() {
        cluster.leader().kill();
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(15))
                .until(() -> a.state() == State.REGISTERED
                        && seen.current().freshness() == Freshness.LIVE
                        && provider.health().ok());
        Registration late =
                provider.register(Instance.of(SERVICE, "10.0.0.2", 8080).withId("late"));
        seen.awaitInstance("late");
        assertThat(late.await(Duration.ofSeconds(10)).state()).isEqualTo(State.REGISTERED);
        seen.assertNeverLost("a");
        seen.assertNeverEmpty();
    }
}
