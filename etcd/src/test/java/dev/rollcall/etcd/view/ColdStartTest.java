package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdCluster;
import dev.rollcall.testing.EtcdProcess;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A consumer that starts while its cluster has no quorum. */
@Tag("etcd")
@Tag("cluster")
class ColdStartTest {
    private static final Instance A =
            Instance.of("hello.srv.say", "10.0.0.1", 8080).withId("a");
    private static final Instance B =
            Instance.of("hello.srv.say", "10.0.0.2", 8080).withId("b");

    @Test
    void what_a_server_without_a_quorum_knows_is_shown_stale_and_followed_once_there_is_a_quorum() {
        List<Event> events = new CopyOnWriteArrayList<>();
        try (EtcdCluster cluster = EtcdCluster.launch()) {
            EtcdProcess survivor = cluster.followers().get(0);
            try (RawEtcd raw = RawEtcd.at(survivor.endpoint())) {
                raw.put(A);
                cluster.members().stream().filter(each -> each != survivor).forEach(EtcdProcess::kill);
                try (Rollcall consumer = Rollcall.builder()
                                .registry("etcd://" + survivor.endpoint() + "?wait=100ms")
                                .events(events::add)
                                .connect();
                        SnapshotRecorder seen = SnapshotRecorder.of(consumer, "hello.srv.say")) {
                    seen.awaitInstance("a");
                    assertThat(seen.current().freshness()).isEqualTo(Freshness.STALE);
                    cluster.start();
                    seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
                    raw.put(B);
                    seen.awaitInstance("b");
                    assertThat(consumer.counters()).doesNotContainKey("histories");
                    seen.assertNeverLost("a");
                }
            }
        }
    }
}
