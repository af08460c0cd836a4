package dev.rollcall.etcd.layout;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens layouts by name: those that come with Rollcall, and those of every {@link LayoutProvider} on the class path. */
public final class Layouts {
    /** A service that every layout can write. */
    private static final String PROBE = "a";

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

    /**
     * Refuses layouts that cannot be used together, since one would take the other's keys for its own.
     *
     * @throws ConfigurationException naming two of them
     */
    public static void checkDisjoint(List<Layout> layouts) {
        for (int i = 0; i < layouts.size(); i++) {
            for (Layout other : layouts.subList(0, i)) {
                checkDisjoint(other, layouts.get(i));
            }
        }
    }

    private static void checkDisjoint(Layout one, Layout other) {
        String a = one.prefix(PROBE);
        String b = other.prefix(PROBE);
        if (a.startsWith(b) || b.startsWith(a)) {
            throw new ConfigurationException("layout: " + one.name() + " and " + other.name()
                    + " have their keys in one place, " + Text.quote(one.prefix() + "<service>/")
                    + " (expected: layouts with prefixes of their own, NAME:PREFIX sets one)");
        }
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
                Stream.of(new OwnLayouts()),
                ServiceLoader.load(LayoutProvider.class, LayoutProvider.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get));
    }
}
