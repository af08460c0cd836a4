package dev.rollcall;

import java.time.Duration;
import java.util.Optional;

/** A running watch of one service. Safe for use by many threads. */
public interface Subscription extends AutoCloseable {
    /** The current snapshot: one volatile read. COLD until the first list has arrived. */
    ServiceSnapshot snapshot();

    /**
     * Waits until the snapshot is no longer COLD; an interrupt ends the waiting and stays set.
     *
     * @return whether the first list has arrived
     */
    boolean await(Duration atMost);

    /** Why the snapshot is not LIVE, as far as known. */
    default Optional<RollcallException> problem() {
        return Optional.empty();
    }

    /**
     * Ends the watch; no call of the listener starts after this returns, and one that is running goes on. Idempotent, never
     * blocks.
     */
    @Override
    void close();
}
