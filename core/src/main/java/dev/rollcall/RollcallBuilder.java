package dev.rollcall;

import dev.rollcall.spi.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings for a {@link Rollcall}, given by code; what is not given comes from flags, then from environment variables, then from
 * defaults. Not safe for use by several threads at once.
 *
 * <pre>{@code
 * Rollcall rollcall = Rollcall.builder()
 *         .registry("etcd://10.0.0.1:2379,10.0.0.2:2379?layout=go-micro")
 *         .user("alice")
 *         .password(secrets.etcd())
 *         .events(event -> log.info("{}", event))
 *         .connect();
 * }</pre>
 */
public final class RollcallBuilder {
    private @Nullable String registry;
    private @Nullable String addresses;
    private @Nullable String user;
    private @Nullable Secret password;
    private final Map<String, String> options = new LinkedHashMap<>();
    private Map<String, String> flags = Map.of();
    private Map<String, String> environment = System.getenv();
    private final List<EventListener> listeners = new ArrayList<>();

    RollcallBuilder() {}

    /** A URL, {@code etcd://h1:2379,h2:2379?ttl=30s}, or only the name of a registry, {@code etcd}. */
    public RollcallBuilder registry(String urlOrName) {
        registry = urlOrName;
        return this;
    }

    /** The registry's addresses, instead of those in its URL. */
    public RollcallBuilder addresses(List<String> changed) {
        addresses = String.join(",", changed);
        return this;
    }

    /** Whom to authenticate as. */
    public RollcallBuilder user(String changed) {
        user = changed;
        return this;
    }

    /** The user's password; no message, log or {@code toString} shows it. */
    public RollcallBuilder password(String changed) {
        password = Secret.of(changed);
        return this;
    }

    /** One option, as in the query of the URL: {@code option("ttl", "30s")}. */
    public RollcallBuilder option(String name, String value) {
        options.put(name, value);
        return this;
    }

    /**
     * Command-line flags without their dashes: {@code registry}, {@code registry_address}, {@code register_ttl} and
     * {@code register_interval} as in go-micro; any other name is an option of the registry.
     */
    public RollcallBuilder flags(Map<String, String> changed) {
        flags = Map.copyOf(changed);
        return this;
    }

    /** The environment variables to read instead of {@link System#getenv()}. */
    public RollcallBuilder environment(Map<String, String> changed) {
        environment = Map.copyOf(changed);
        return this;
    }

    /** Adds a listener that misses nothing from the start on. */
    public RollcallBuilder events(EventListener listener) {
        listeners.add(listener);
        return this;
    }

    /**
     * The settings that {@link #connect()} would use, without connecting.
     *
     * @throws ConfigurationException when one is unknown or unusable, as far as that can be told without connecting
     */
    public Configuration configuration() {
        return new ConfigurationReader(Providers.all())
                .read(registry, addresses, user, password, options, flags, environment);
    }

    /**
     * Starts to connect and returns at once; the registry need not be there yet.
     *
     * @throws ConfigurationException when a setting is unknown or unusable
     */
    public Rollcall connect() {
        return Rollcall.open(configuration(), listeners);
    }
}
