package dev.rollcall.etcd.internal.client;

import dev.rollcall.spi.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to reach etcd.
 *
 * @param servers in the order to try them
 * @param tls used when the servers are TLS ones
 * @param user to authenticate as, if any
 * @param timeout of one call, and of one try to connect
 * @param retryCap the longest delay between two tries
 * @param probeKey a key we may read: reading it proves that a server is up and has a quorum
 */
public record ClientSettings(
        List<Server> servers,
        Tls tls,
        @Nullable String user,
        @Nullable Secret password,
        Duration timeout,
        Duration retryCap,
        String probeKey) {
    public ClientSettings {
        servers = List.copyOf(servers);
    }

    /**
     * What is trusted and what we show.
     *
     * @param ca PEM file of the trusted certificates; null for the system's
     * @param certificate PEM file of our own chain, with {@code key}, for mutual TLS
     * @param key PEM file of our own private key (PKCS#8)
     * @param authority the name to expect in the server's certificate instead of the host's
     */
    public record Tls(
            @Nullable Path ca,
            @Nullable Path certificate,
            @Nullable Path key,
            @Nullable String authority) {
        /** The system's trust, no certificate of our own. */
        public static final Tls SYSTEM = new Tls(null, null, null, null);
    }
}
