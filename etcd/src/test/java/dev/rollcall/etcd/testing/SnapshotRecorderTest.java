package dev.rollcall.etcd.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import org.junit.jupiter.api.Test;

class SnapshotRecorderTest {
    private static final Instance ONE = Instance.of("svc", "127.0.0.1", 8080).withId("svc-1");
    private static final Instance TWO = Instance.of("svc", "127.0.0.1", 8081).withId("svc-2");

    @Test
    void it_notices_an_instance_that_was_lost_and_came_back() {
        try (MemoryRegistry registry = MemoryRegistry.open("");
                SnapshotRecorder seen = SnapshotRecorder.of(registry, "svc")) {
            registry.register(ONE);
            registry.register(TWO);
            seen.awaitInstance("svc-1").awaitInstance("svc-2");
            seen.assertNeverLost("svc-1");
            registry.lose("svc", "svc-1");
            seen.awaitSize(1);
            registry.register(TWO.withId("svc-3"));
            seen.awaitSize(2);
            seen.assertNeverLost("svc-2");
            seen.assertNeverEmpty();
            assertThatThrownBy(() -> seen.assertNeverLost("svc-1"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("svc-1 lost in snapshot");
            assertThatThrownBy(() -> seen.assertNeverLost("svc-4")).hasMessageContaining("svc-4 was in none of");
            assertThat(seen.told()).isNotEmpty();
            registry.lose("svc", "svc-2");
            registry.lose("svc", "svc-3");
            seen.awaitSize(0);
            assertThatThrownBy(seen::assertNeverEmpty).hasMessageContaining("empty snapshots after a full one");
        }
    }
}
