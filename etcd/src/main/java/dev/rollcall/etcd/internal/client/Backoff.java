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
    private final boolean joint;
    private int failures;
    private long end;

    public Backoff(Engine engine, Duration cap) {
        this(engine, cap, false);
    }

    private Backoff(Engine engine, Duration cap, boolean joint) {
        this.engine = engine;
        this.cap = cap;
        this.joint = joint;
        this.end = engine.now();
    }

    /** One for many: whoever asks while another waits is told the rest of that time, so that they go on together. */
    public static Backoff joint(Engine engine, Duration cap) {
        return new Backoff(engine, cap, true);
    }

    /** How long to wait before the next try, in nanoseconds. */
    public long next() {
        long now = engine.now();
        if (!joint || now - end >= 0) {
            Duration bound = FIRST.multipliedBy(1L << Math.min(failures++, 10));
            end = now + engine.jitter(bound.compareTo(cap) < 0 ? bound : cap);
        }
        return end - now;
    }

    /** A try succeeded. */
    public void reset() {
        failures = 0;
    }
}
