package dev.rollcall.etcd.layout;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens layouts by name: those of go-micro, and those of every {@link LayoutProvider} on the class path. */
public final class Layouts {
    private Layouts() {}

    /**
     * Opens a layout.
     *
     * @param name one of {@link #names()}
     * @param prefix what replaces the layout's own root prefix, {@code /team-a/registry}; null keeps it
     * @throws ConfigurationException when the name is unknown or the prefix cannot be used
     */
    public static Layout of(String name, @Nullable String prefix) {
        return providers()
                .filter(provider -> provider.names().contains(name))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException(
                        "layout: " + Text.quote(name) + " (expected: one of " + String.join(", ", names()) + ")"))
                .open(name, prefix);
    }

    /** All names, sorted. */
    public static Set<String> names() {
        return providers()
                .flatMap(provider -> provider.names().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // ours come first and without a look-up, so that neither a broken provider nor a jar without its services file
    // hides them
    private static Stream<LayoutProvider> providers() {
        return Stream.concat(
                Stream.of(new GoMicroLayouts()),
                ServiceLoader.load(LayoutProvider.class, LayoutProvider.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get));
    }
}
