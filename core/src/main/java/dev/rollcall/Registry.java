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

    /** Closes every registration (gracefully) and every subscription; bounded: a few seconds, more for hundreds. Idempotent. */
    @Override
    void close();
}
