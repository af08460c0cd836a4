package dev.rollcall;

import java.util.Map;

/**
 * A place where services are registered and found, etcd for one. Safe for use by many threads.
 *
 * <p>Users hold a {@link Rollcall}, which adds views and calls; this is what a backend implements.
 */
public interface Registry extends Registrar, Discovery, AutoCloseable {
    /** Counters since the start, by name ({@code calls}, {@code reconnects}, {@code values.skipped}, ...), for metrics. */
    default Map<String, Long> counters() {
        return Map.of();
    }

    /** Closes every registration (gracefully) and every subscription; takes a few seconds at most. Idempotent. */
    @Override
    void close();
}
