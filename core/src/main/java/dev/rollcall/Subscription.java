package dev.rollcall;

/** A running watch of one service. Safe for use by many threads. */
public interface Subscription extends AutoCloseable {
    /** The current snapshot: one volatile read. COLD until the first list has arrived. */
    ServiceSnapshot snapshot();

    /** Ends the watch; no call of the listener starts after this returns. Idempotent, never blocks. */
    @Override
    void close();
}
