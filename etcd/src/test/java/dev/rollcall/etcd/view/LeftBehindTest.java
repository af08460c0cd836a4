package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.Subscription;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What views leave behind, on etcd and in this JVM; alone, since it counts the threads of all. */
@Isolated
@Tag("etcd")
class LeftBehindTest {
    private static final String SERVICE = "hello.srv.say";

    private final List<AutoCloseable> opened = new ArrayList<>();
    private EtcdProcess etcd;
    private RawEtcd raw;
    private FaultProxy proxy;
    private Rollcall consumer;
    private SnapshotRecorder seen;

    @BeforeEach
    void open() {
        etcd = EtcdProcess.launch();
        opened.add(etcd);
        raw = RawEtcd.at(etcd.endpoint());
        opened.add(0, raw);
        proxy = FaultProxy.to(etcd.endpoint());
        opened.add(0, proxy);
        raw.put(Instance.of(SERVICE, "10.0.0.1", 8080).withId("i1"));
        consumer = Rollcall.connect("etcd://" + proxy.endpoint());
        opened.add(0, consumer);
        seen = SnapshotRecorder.of(consumer, SERVICE).awaitInstance("i1");
        opened.add(0, seen);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    @Test
    void a_thousand_subscriptions_that_come_and_go_leave_nothing_behind() throws Exception {
        List<Long> leases = etcd.ctl().leases();
        await().until(() -> etcd.metrics().watchers() == 1);
        Subscription warm = consumer.watch(SERVICE + ".warm", (snapshot, changes) -> {});
        assertThat(warm.await(Duration.ofSeconds(5))).isTrue();
        warm.close();
        long threads = Thread.getAllStackTraces().size();
        long files = openFiles();
        int connections = proxy.open();
        for (int i = 0; i < 1_000; i++) {
            Subscription one = consumer.watch(SERVICE + "." + i % 7, (snapshot, changes) -> {});
            if (i % 10 != 0) {
                assertThat(one.await(Duration.ofSeconds(5))).isTrue();
            }
            one.close();
        }
        await().until(() -> etcd.metrics().watchers() == 1);
        assertThat(etcd.ctl().leases()).isEqualTo(leases);
        assertThat(proxy.open()).isEqualTo(connections);
        await().until(() -> openFiles() <= files + 3);
        await().until(() -> Thread.getAllStackTraces().size() <= threads + 3);
        raw.put(Instance.of(SERVICE, "10.0.0.2", 8080).withId("i2"));
        seen.awaitInstance("i2");
        assertThat(consumer.counters()).doesNotContainKey("bugs");
    }

    private static long openFiles() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }

    @Test
    void closing_closes_every_watch_and_thread_and_keeps_the_last_snapshots() {
        List<ServiceView> views = IntStream.range(0, 20)
                .mapToObj(i -> consumer.service(SERVICE + "." + i))
                .toList();
        await().until(() -> etcd.metrics().watchers() == 21);
        consumer.close();
        await().until(() -> etcd.metrics().watchers() == 0);
        await().until(() -> proxy.open() == 0);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("rollcall-timers")));
        assertThat(seen.current().size()).isEqualTo(1);
        assertThat(seen.current().freshness()).isEqualTo(Freshness.LIVE);
        assertThat(views).hasSize(20);
    }
}
