package dev.rollcall.etcd;

import dev.rollcall.EventListener;
import dev.rollcall.Registry;
import dev.rollcall.RollcallException;
import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens {@code etcd://} registries; made by {@link java.util.ServiceLoader}. */
public final class EtcdRegistryProvider implements RegistryProvider {
    private static final Logger LOG = LoggerFactory.getLogger("dev.rollcall.etcd");

    @Override
    public Set<String> schemes() {
        return Set.of("etcd");
    }

    @Override
    public List<Option> options() {
        return EtcdSettings.OPTIONS;
    }

    @Override
    public Registry open(RegistrySettings given, EventListener events) {
        EtcdSettings settings = EtcdSettings.of(given);
        settings.cautions().forEach(LOG::warn);
        EtcdRegistry registry = new EtcdRegistry(settings, events);
        if (settings.failFast()) {
            try {
                registry.awaitConnected(settings.failFastWithin());
            } catch (RollcallException e) {
                registry.close();
                throw e;
            }
        }
        return registry;
    }
}
