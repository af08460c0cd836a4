package dev.rollcall;

import dev.rollcall.spi.DurationText;
import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The settings in effect, and where each came from. Code (URL or {@link RollcallBuilder}) beats a command-line flag, a flag beats
 * an environment variable, a variable beats the default. Shows no secret. Immutable.
 *
 * <pre>{@code
 * registry = etcd (MICRO_REGISTRY)
 * registry_address = 10.0.0.1:2379,10.0.0.2:2379 (--registry_address)
 * user = alice (ETCD_USERNAME)
 * password = ****** (ETCD_PASSWORD)
 * ttl = 30s (default)
 * }</pre>
 */
public final class Configuration {
    /** The kinds of places a setting comes from, strongest first. */
    public enum Source {
        CODE,
        FLAG,
        VARIABLE,
        DEFAULT
    }

    /**
     * One setting in effect.
     *
     * @param name {@code registry}, {@code registry_address}, {@code user}, {@code password}, or an option of the registry
     * @param value as given, or {@code ******} for a secret
     * @param source the kind of place it comes from
     * @param origin the place: {@code code}, {@code --registry}, {@code MICRO_REGISTRY} or {@code default}
     */
    public record Setting(String name, String value, Source source, String origin) {
        @Override
        public String toString() {
            return name + " = " + Text.plain(value) + " (" + origin + ")";
        }
    }

    static final String SHUTDOWN_HOOK = "shutdown-hook";
    static final String WAIT = "wait";

    /** The options that Rollcall itself handles, whichever the registry. */
    static final List<RegistryProvider.Option> COMMON = List.of(
            new RegistryProvider.Option(
                    SHUTDOWN_HOOK,
                    "true or false",
                    "leave gracefully when the JVM is told to end before close() was called",
                    "true"),
            new RegistryProvider.Option(
                    WAIT, "a duration", "how long service() waits for the first list of instances", "3s"));

    private final RegistryProvider provider;
    private final RegistrySettings registry;
    private final List<Setting> settings;
    private final List<String> notes;
    private final boolean shutdownHook;
    private final Duration wait;

    Configuration(RegistryProvider provider, RegistrySettings registry, List<Setting> settings, List<String> notes) {
        this.provider = provider;
        this.registry = registry;
        this.settings = List.copyOf(settings);
        this.notes = List.copyOf(notes);
        this.shutdownHook = bool(SHUTDOWN_HOOK, value(SHUTDOWN_HOOK));
        this.wait = DurationText.parse(WAIT, value(WAIT), Duration.ZERO);
    }

    /** All settings in effect, the registry's place first, then its options. */
    public List<Setting> settings() {
        return settings;
    }

    /** What was given and has no effect, one sentence each; {@code register_interval} of go-micro for one. */
    public List<String> notes() {
        return notes;
    }

    /** One line per setting. */
    @Override
    public String toString() {
        return settings.stream().map(Setting::toString).collect(Collectors.joining("\n"));
    }

    Registry open(EventListener events) {
        return provider.open(registry, events);
    }

    boolean shutdownHook() {
        return shutdownHook;
    }

    /** How long {@link Rollcall#service} waits for the first list of instances: the option {@code wait}. */
    public Duration waitForFirstList() {
        return wait;
    }

    private String value(String name) {
        return settings.stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    private static boolean bool(String name, String value) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new ConfigurationException(name + ": " + Text.quote(value) + " (expected: true or false)");
        };
    }
}
