package dev.rollcall.etcd;

import dev.rollcall.EventListener;
import dev.rollcall.Registry;
import dev.rollcall.RegistryContract;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.testing.EtcdProcess;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of every registry, on a real etcd. */
@Tag("etcd")
class EtcdRegistryContractTest extends RegistryContract {
    private static EtcdProcess etcd;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @Override
    protected Registry open(EventListener events) {
        RegistrySettings settings =
                new RegistrySettings("etcd", List.of(etcd.endpoint()), Map.of("ttl", "5s"), null, null);
        return new EtcdRegistryProvider().open(settings, events);
    }
}
