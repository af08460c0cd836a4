package dev.rollcall.etcd.embedded;

import dev.rollcall.testing.EtcdOptions;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As {@link DifferentialTest}, beside a current etcd, which {@code interop/build} builds from its Go module. */
class NewerEtcdTest {
    private static final EtcdOptions NEWER = EtcdOptions.defaults()
            .withProgram(Path.of("..", "interop", "target", "bin", "etcd-server-v3.6.5")
                    .toAbsolutePath());

    @Test
    void ten_thousand_random_operations_are_answered_as_a_current_etcd_does() {
        compare(Differential.seed(), 10_000);
    }

    @Test
    @Tag("long")
    void two_hundred_thousand_random_operations_are_answered_as_a_current_etcd_does() {
        long first = Differential.seed();
        for (long seed = first; seed < first + 10; seed++) {
            compare(seed, 20_000);
        }
    }

    private static void compare(long seed, int operations) {
        Differential.compare(NEWER, Set.of(Deviation.FIRST_ERROR), seed, operations);
    }
}
