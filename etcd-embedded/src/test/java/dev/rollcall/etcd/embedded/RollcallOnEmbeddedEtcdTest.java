package dev.rollcall.etcd.embedded;

import dev.rollcall.EventListener;
import dev.rollcall.Registry;
import dev.rollcall.RegistryContract;
import dev.rollcall.etcd.EtcdRegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract of every registry, through the etcd registry on the embedded etcd. */
class RollcallOnEmbeddedEtcdTest extends RegistryContract {
    private static EmbeddedEtcd etcd;

    @BeforeAll
    static void startEtcd() {
        etcd = EmbeddedEtcd.start();
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
