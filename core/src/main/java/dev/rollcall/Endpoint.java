package dev.rollcall;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One callable method of an instance, {@code Greeter.Hello}, with the shapes of its request and response where known.
 *
 * <p>Immutable; metadata is copied.
 */
public record Endpoint(
        String name, @Nullable Value request, @Nullable Value response, Map<String, String> metadata) {
    public Endpoint {
        Objects.requireNonNull(name, "name");
        metadata = Map.copyOf(metadata);
    }

    /** An endpoint of which only the name is known. */
    public static Endpoint of(String name) {
        return new Endpoint(name, null, null, Map.of());
    }
}
