package dev.rollcall.etcd.internal.client;

import java.time.Duration;

/**
 * Delays between tries: full jitter below a bound that doubles from 100 ms up to a cap, without end. See "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015.
 */
public final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);

    private final Engine engine;
    private final Duration cap;
    private int failures;

    public Backoff(Engine engine, Duration cap) {
        this.engine = engine;
        this.cap = cap;
    }

    /** How long to wait before the next try, in nanoseconds. */
    public long next() {
        Duration bound = FIRST.multipliedBy(1L << Math.min(failures++, 10));
        return engine.jitter(bound.compareTo(cap) < 0 ? bound : cap);
    }

    /** A try succeeded. */
    public void reset() {
        failures = 0;
    }
}
