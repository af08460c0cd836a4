package dev.rollcall.etcd.layout;

import dev.rollcall.ConfigurationException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings layouts; found through {@link java.util.ServiceLoader}, so it is a public class with a public constructor without
 * parameters, named in {@code META-INF/services}.
 */
public interface LayoutProvider {
    /** The names it can open. */
    Set<String> names();

    /**
     * Opens a layout.
     *
     * @param name one of {@link #names()}
     * @param prefix what replaces the layout's own root prefix, with or without the separator at its end; null keeps it
     * @throws ConfigurationException when the prefix cannot be used
     */
    Layout open(String name, @Nullable String prefix);
}
