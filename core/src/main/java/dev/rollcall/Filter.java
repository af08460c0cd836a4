package dev.rollcall;

import java.util.Objects;
import java.util.function.Predicate;

/**
 * Which instances of a service are wanted. A pure function of the instance, called by many threads; a view asks it once per
 * instance after each change, not once per pick.
 *
 * <pre>{@code
 * rollcall.service("hello.srv.say").where(Filter.zone("a").and(Filter.version("v2").negate()))
 * }</pre>
 */
@FunctionalInterface
public interface Filter extends Predicate<Instance> {
    /** Takes every instance. */
    static Filter all() {
        return ServiceView.ALL;
    }

    /** Takes instances of exactly this version. */
    static Filter version(String version) {
        Objects.requireNonNull(version, "version");
        return instance -> instance.version().equals(version);
    }

    /** Takes instances that have this metadata entry; metadata of the service as a whole does not count. */
    static Filter metadata(String key, String value) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
        return instance -> value.equals(instance.metadata().get(key));
    }

    /** Takes instances that list an endpoint of this name, {@code Greeter.Hello}; those that list none are not taken. */
    static Filter endpoint(String name) {
        Objects.requireNonNull(name, "name");
        return instance -> instance.endpoints().stream()
                .anyMatch(endpoint -> endpoint.name().equals(name));
    }

    /** Takes instances whose metadata entry {@code zone} is this. */
    static Filter zone(String name) {
        return metadata("zone", name);
    }

    @Override
    default Filter and(Predicate<? super Instance> other) {
        Objects.requireNonNull(other, "other");
        return instance -> test(instance) && other.test(instance);
    }

    @Override
    default Filter or(Predicate<? super Instance> other) {
        Objects.requireNonNull(other, "other");
        return instance -> test(instance) || other.test(instance);
    }

    @Override
    default Filter negate() {
        return instance -> !test(instance);
    }
}
