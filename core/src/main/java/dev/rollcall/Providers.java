package dev.rollcall;

import dev.rollcall.spi.RegistryProvider;
import java.util.List;
import java.util.ServiceLoader;

/** The registries on the class path. */
final class Providers {
    private Providers() {}

    static List<RegistryProvider> all() {
        // Not the thread's loader: in a packed jar a pool's thread may have one that does not see the library.
        return ServiceLoader.load(RegistryProvider.class, RegistryProvider.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }
}
