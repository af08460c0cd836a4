package dev.rollcall.spi;

import dev.rollcall.EventListener;
import dev.rollcall.Registry;
import java.util.List;
import java.util.Set;

/** Opens registries of one kind; found through {@link java.util.ServiceLoader} by the scheme of the registry's URL. */
public interface RegistryProvider {
    /**
     * One option of the URL's query.
     *
     * @param name as in {@code ?name=}
     * @param expected what may stand behind it, {@code a duration of at least 2s}
     * @param description one line
     * @param byDefault what counts when it is not given
     */
    record Option(String name, String expected, String description, String byDefault) {}

    /** The schemes it answers to: {@code etcd}. */
    Set<String> schemes();

    /** The options it knows, in the order to show them. */
    List<Option> options();

    /**
     * Opens a registry; does not wait for the backend unless an option asks for it.
     *
     * @param events where to report; may be called on any thread, returns at once
     * @throws dev.rollcall.ConfigurationException when a setting is unknown or unusable
     */
    Registry open(RegistrySettings settings, EventListener events);
}
