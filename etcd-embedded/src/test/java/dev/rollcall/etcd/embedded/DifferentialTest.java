package dev.rollcall.etcd.embedded;

import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same random requests to a real etcd and to the embedded one: the same answers, field by field but for ids and raft terms, and
 * the same events. A failure names its seed; {@code -Drollcall.seed=N} runs it again.
 */
class DifferentialTest {
    @Test
    void ten_thousand_random_operations_are_answered_as_a_real_etcd_does() {
        compare(seed(), 10_000);
    }

    @Test
    @Tag("long")
    void two_hundred_thousand_random_operations_are_answered_as_a_real_etcd_does() {
        long first = seed();
        for (long seed = first; seed < first + 10; seed++) {
            compare(seed, 20_000);
        }
    }

    private static long seed() {
        return Long.getLong("rollcall.seed", System.nanoTime());
    }

    private static void compare(long seed, int operations) {
        try (EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults().withoutFsync());
                EmbeddedEtcd embedded = EmbeddedEtcd.builder().frozenLeases().start();
                Peer real = Peer.at(etcd.endpoint());
                Peer ours = Peer.at(embedded.endpoint())) {
            new Differential(seed, real, ours).run(operations);
        }
    }
}
