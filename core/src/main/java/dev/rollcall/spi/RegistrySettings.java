package dev.rollcall.spi;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a registry is opened with.
 *
 * @param scheme of the URL: {@code etcd}
 * @param addresses {@code host:port} or, as go-micro allows, {@code host} or {@code https://host:port}; empty means the default
 * @param options of the URL's query, by name; the provider has checked neither names nor values yet
 * @param user to authenticate as, if any
 * @param password of that user
 */
public record RegistrySettings(
        String scheme,
        List<String> addresses,
        Map<String, String> options,
        @Nullable String user,
        @Nullable Secret password) {
    public RegistrySettings {
        addresses = List.copyOf(addresses);
        options = Map.copyOf(options);
    }
}
