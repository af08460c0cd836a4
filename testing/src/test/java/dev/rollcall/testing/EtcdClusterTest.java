package dev.rollcall.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EtcdClusterTest {
    @Test
    void a_cluster_survives_its_leaders() {
        try (EtcdCluster cluster = EtcdCluster.launch()) {
            cluster.ctl().put("a", "1");
            EtcdProcess first = cluster.leader();
            assertThat(cluster.followers()).hasSize(2).doesNotContain(first);

            first.kill();
            EtcdProcess second = cluster.leader();

            assertThat(second).isNotEqualTo(first);
            second.ctl().put("a", "2");

            first.start();
            assertThat(first.ctl().get("a").orElseThrow().value()).isEqualTo("2");
            second.pause();
            EtcdProcess third = cluster.leader();

            assertThat(third).isNotEqualTo(second);
            third.ctl().put("a", "3");
            second.resume();
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> cluster.followers().contains(second));
            assertThat(second.ctl().get("a").orElseThrow().value()).isEqualTo("3");
            assertThat(cluster.ctl().run("member", "list").lines()).hasSize(3);
        }
    }
}
