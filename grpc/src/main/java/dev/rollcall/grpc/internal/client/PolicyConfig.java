package dev.rollcall.grpc.internal.client;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Ejection;
import dev.rollcall.Strategy;
import dev.rollcall.Text;
import dev.rollcall.spi.DurationText;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The config of the policy {@code rollcall}: {@code {"strategy": "weighted", "zone": "a", "ejection": {"failures": 5, "base":
 * "10s", "longest": "300s", "percent": 50}}}; each part may be left out, and {@code "ejection": false} switches it off.
 *
 * @param zone the zone whose instances come first, if any
 * @param ejection when an instance that fails is left out, if ever
 */
record PolicyConfig(
        String strategy, @Nullable String zone, @Nullable Ejection ejection) {
    /** Weighted is random as long as no instance has a weight. */
    static final PolicyConfig DEFAULT = new PolicyConfig("weighted", null, Ejection.DEFAULT);

    private static final Map<String, Strategy> STRATEGIES = Map.of(
            "random", Strategy.random(),
            "round_robin", Strategy.roundRobin(),
            "weighted", Strategy.weighted(),
            "least_request", Strategy.leastRequest());

    /** @param json as gRPC reads it: numbers are doubles */
    static PolicyConfig parse(Map<String, ?> json) {
        checkNames("", json, Set.of("strategy", "zone", "ejection"));
        String strategy = text(json, "strategy", DEFAULT.strategy);
        if (!STRATEGIES.containsKey(strategy)) {
            throw wrong("strategy", strategy, "one of " + new TreeSet<>(STRATEGIES.keySet()));
        }
        String zone = text(json, "zone", "");
        return new PolicyConfig(strategy, zone.isEmpty() ? null : zone, ejection(json.get("ejection")));
    }

    Strategy chosen() {
        Strategy chosen = STRATEGIES.getOrDefault(strategy, Strategy.weighted());
        if (zone != null) {
            chosen = chosen.zoneFirst(zone);
        }
        return ejection == null ? chosen : chosen.ejecting(ejection);
    }

    private static @Nullable Ejection ejection(@Nullable Object json) {
        if (json == null || json.equals(true)) {
            return Ejection.DEFAULT;
        }
        if (json.equals(false)) {
            return null;
        }
        if (!(json instanceof Map<?, ?> parts)) {
            throw wrong("ejection", json, "an object, true or false");
        }
        checkNames("ejection.", parts, Set.of("failures", "base", "longest", "percent"));
        Ejection usual = Ejection.DEFAULT;
        Duration base = duration(parts, "base", usual.base());
        return new Ejection(
                number(parts, "failures", usual.failures()),
                base,
                duration(parts, "longest", base.compareTo(usual.longest()) > 0 ? base : usual.longest()),
                number(parts, "percent", usual.percent()));
    }

    private static void checkNames(String path, Map<?, ?> json, Set<String> known) {
        for (Object name : json.keySet()) {
            if (!known.contains(name)) {
                throw new ConfigurationException(path + Text.plain(String.valueOf(name))
                        + ": unknown (expected: one of " + new TreeSet<>(known) + ")");
            }
        }
    }

    private static String text(Map<?, ?> json, String name, String usual) {
        Object value = json.get(name);
        if (value == null) {
            return usual;
        }
        if (value instanceof String text) {
            return text;
        }
        throw wrong(name, value, "a text");
    }

    private static int number(Map<?, ?> json, String name, int usual) {
        Object value = json.get(name);
        if (value == null) {
            return usual;
        }
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        throw wrong("ejection." + name, value, "a whole number");
    }

    private static Duration duration(Map<?, ?> json, String name, Duration usual) {
        return json.containsKey(name) ? DurationText.parse("ejection." + name, text(json, name, "")) : usual;
    }

    private static ConfigurationException wrong(String name, Object value, String expected) {
        return new ConfigurationException(
                name + ": " + Text.quote(String.valueOf(value)) + " (expected: " + expected + ")");
    }
}
