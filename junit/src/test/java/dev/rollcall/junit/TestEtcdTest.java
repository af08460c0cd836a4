package dev.rollcall.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In plain Java, embedded and real. */
class TestEtcdTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_both_can_do(boolean real) {
        try (TestEtcd etcd = real ? TestEtcd.real(binary()) : TestEtcd.start();
                Rollcall rollcall = etcd.connect();
                Probe client = new Probe(etcd.endpoint())) {
            rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080)).await(SOON);
            String endpoint = etcd.endpoint();
            etcd.compact();
            etcd.compact();
            long lease = client.grant(60);
            etcd.expireLease(lease);
            assertThat(client.leases()).doesNotContain(lease);
            assertThatThrownBy(() -> etcd.expireLease(lease)).isInstanceOf(IllegalArgumentException.class);
            etcd.restart();
            assertThat(etcd.endpoint()).isEqualTo(endpoint);
            try (Probe again = new Probe(endpoint)) {
                assertThat(again.newest("/micro/registry/")).isPositive();
                etcd.restartEmpty();
            }
            try (Probe again = new Probe(endpoint)) {
                again.leases();
                etcd.expireLeases();
            }
        }
    }

    @Test
    void what_a_real_one_cannot_do_is_named() {
        try (TestEtcd etcd = TestEtcd.real(binary())) {
            List<ThrowingCallable> calls = List.of(
                    () -> etcd.advanceLeases(SOON),
                    etcd::cut,
                    etcd::heal,
                    () -> etcd.dropWatchesAfterCreated(1),
                    () -> etcd.delayAnswers(SOON));
            List<String> names = List.of("advanceLeases", "cut", "heal", "dropWatchesAfterCreated", "delayAnswers");
            for (int i = 0; i < calls.size(); i++) {
                assertThatThrownBy(calls.get(i))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageStartingWith(names.get(i) + ": real etcd on 127.0.0.1:");
            }
        }
    }

    @Test
    void a_binary_that_is_none_is_named() {
        assertThatThrownBy(() -> TestEtcd.real(Path.of("/nowhere/etcd")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/nowhere/etcd");
    }

    private static Path binary() {
        String path = System.getenv("PATH") + ":/usr/bin:/usr/local/bin";
        return Stream.of(path.split(":", -1))
                .map(directory -> Path.of(directory, "etcd"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }
}
