package dev.rollcall.etcd.embedded;

import dev.rollcall.testing.EtcdOptions;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same random requests to the installed etcd and to the embedded one: the same answers, field by field but for ids and raft terms,
 * and the same events. A failure names its seed; {@code -Drollcall.seed=N} runs it again.
 */
class DifferentialTest {
    @Test
    void ten_thousand_random_operations_are_answered_as_a_real_etcd_does() {
        compare(Differential.seed(), 10_000);
    }

    @Test
    @Tag("long")
    void two_hundred_thousand_random_operations_are_answered_as_a_real_etcd_does() {
        long first = Differential.seed();
        for (long seed = first; seed < first + 10; seed++) {
            compare(seed, 20_000);
        }
    }

    private static void compare(long seed, int operations) {
        Differential.compare(EtcdOptions.defaults(), Set.of(Deviation.LOST_DELETION), seed, operations);
    }
}
