package dev.rollcall.etcd.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.SnapshotListener;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A provider in a process of its own is killed, ended, stopped and restarted; a consumer in this one watches. */
@Tag("etcd")
class ProviderOutageTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Duration TTL = Duration.ofSeconds(3);

    private final List<Change> changes = new CopyOnWriteArrayList<>();
    private EtcdProcess etcd;
    private String url;
    private Rollcall consumer;
    private ServiceView view;

    @BeforeEach
    void open() {
        etcd = EtcdProcess.launch();
        url = "etcd://" + etcd.endpoint() + "?ttl=" + TTL.toSeconds() + "s";
        consumer = Rollcall.connect(url);
        view = consumer.service(SERVICE);
        SnapshotListener listener = (snapshot, some) -> changes.addAll(some);
        consumer.watch(SERVICE, listener);
    }

    @AfterEach
    void close() {
        consumer.close();
        etcd.close();
    }

    private JavaProgram provider(String id) {
        return new JavaProgram(Provider.class, url, SERVICE, id, "8080").registered();
    }

    private void awaitSize(int size, Duration atMost) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(atMost)
                .until(() -> view.snapshot().size() == size);
    }

    private List<Change.Kind> kinds() {
        return changes.stream().map(Change::kind).toList();
    }

    @Test
    void a_killed_provider_is_gone_between_two_thirds_of_the_ttl_and_the_ttl_plus_3_s() {
        try (JavaProgram provider = provider("a")) {
            awaitSize(1, Duration.ofSeconds(2));
            long killed = System.nanoTime();
            provider.kill();
            awaitSize(0, TTL.plusSeconds(3));
            Duration took = Duration.ofNanos(System.nanoTime() - killed);
            assertThat(took).isBetween(TTL.multipliedBy(2).dividedBy(3), TTL.plusSeconds(3));
            await().untilAsserted(() -> assertThat(kinds()).containsExactly(Change.Kind.JOINED, Change.Kind.LOST));
        }
    }

    @Test
    void a_provider_told_to_end_is_seen_draining_and_gone_within_1_s() {
        try (JavaProgram provider = provider("a")) {
            awaitSize(1, Duration.ofSeconds(2));
            provider.terminate();
            awaitSize(0, Duration.ofSeconds(1));
            await().untilAsserted(() -> assertThat(kinds())
                    .containsExactly(Change.Kind.JOINED, Change.Kind.UPDATED, Change.Kind.LEFT_GRACEFULLY));
            assertThat(changes.get(1).instance().status()).isEqualTo(dev.rollcall.Status.DRAINING);
            assertThat(provider.ends(5)).isTrue();
            assertThat(etcd.ctl().leases()).isEmpty();
        }
    }

    @Test
    void a_provider_stopped_for_two_ttls_leaves_once_and_is_back_within_2_s() {
        try (JavaProgram provider = provider("a")) {
            awaitSize(1, Duration.ofSeconds(2));
            provider.stop();
            long stopped = System.nanoTime();
            awaitSize(0, TTL.plusSeconds(3));
            await().pollInterval(Duration.ofMillis(50))
                    .atMost(TTL.multipliedBy(3))
                    .until(() ->
                            System.nanoTime() - stopped > TTL.multipliedBy(2).toNanos());
            provider.resume();
            awaitSize(1, Duration.ofSeconds(2));
            await().untilAsserted(() ->
                    assertThat(kinds()).containsExactly(Change.Kind.JOINED, Change.Kind.LOST, Change.Kind.JOINED));
        }
    }

    @Test
    void the_old_lease_of_a_killed_provider_does_not_remove_the_key_of_its_successor() {
        url = url.replace("ttl=3s", "ttl=8s"); // the successor's JVM must be up before the old lease ends
        try (JavaProgram first = provider("a")) {
            awaitSize(1, Duration.ofSeconds(2));
            long oldLease = etcd.ctl().leases().get(0);
            first.kill();
            try (JavaProgram second = provider("a")) {
                await().atMost(Duration.ofSeconds(11))
                        .until(() -> !etcd.ctl().leases().contains(oldLease));
                assertThat(view.snapshot().size()).isEqualTo(1);
                assertThat(kinds()).doesNotContain(Change.Kind.LOST, Change.Kind.LEFT, Change.Kind.LEFT_GRACEFULLY);
                second.kill();
            }
        }
    }

    @Test
    void a_program_that_forgets_to_close_still_ends() {
        try (JavaProgram program = new JavaProgram(Forgetful.class, url).registered()) {
            assertThat(program.ends(8)).isTrue();
            assertThat(program.exitCode()).isZero();
        }
    }
}
