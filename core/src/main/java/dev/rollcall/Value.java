package dev.rollcall;

import java.util.List;
import java.util.Objects;

/**
 * The shape of an endpoint's request or response: a name, a type name and the fields below it, as go-micro's {@code Value}.
 *
 * <p>Example: {@code new Value("Request", "Request", List.of(new Value("name", "string", List.of())))}. Immutable.
 */
public record Value(String name, String type, List<Value> values) {
    public Value {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        values = List.copyOf(values);
    }
}
