package dev.rollcall.etcd.embedded;

import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many clients at once see one history, and watchers see it too. The checks are first proven on a real etcd. */
class ConcurrentTest {
    @Test
    void a_real_etcd_passes_the_checks() {
        try (EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults().withoutFsync())) {
            new Workload(etcd.endpoint(), 1, false).run(50);
        }
    }

    @Test
    void eight_clients_see_one_history_and_so_do_watchers() {
        for (long seed = 1; seed <= 3; seed++) {
            run(seed, 200);
        }
    }

    @Test
    @Tag("long")
    void eight_clients_see_one_history_many_times() {
        for (long seed = 1; seed <= 100; seed++) {
            run(seed, 300);
        }
    }

    private static void run(long seed, int calls) {
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start()) {
            new Workload(etcd.endpoint(), seed, true).run(calls);
        }
    }
}
