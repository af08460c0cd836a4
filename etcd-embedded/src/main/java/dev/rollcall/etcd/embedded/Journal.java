package dev.rollcall.etcd.embedded;

import java.util.List;

/**
 * Where the store writes what must survive its end. {@link #append} is called under the store's lock, in the order of the changes;
 * the rest from any thread.
 */
interface Journal extends AutoCloseable {
    /** Keeps nothing. */
    Journal NONE = new Journal() {
        @Override
        public void awaitRoom() {}

        @Override
        public void append(List<Entry> entries) {}

        @Override
        public long position() {
            return 0;
        }

        @Override
        public void whenDurable(long position, Runnable then) {
            then.run();
        }

        @Override
        public void close() {}
    };

    /** Waits while too much is not written yet; outside the store's lock. */
    void awaitRoom();

    /** Adds entries that must survive all or none. */
    void append(List<Entry> entries);

    /** How far it was written. */
    long position();

    /** Runs this once everything up to a position will survive, in the order of positions, on any thread. */
    void whenDurable(long position, Runnable then);

    @Override
    void close();

    /** What happened to the store. */
    sealed interface Entry {}

    /** A new revision. */
    record Committed(Commit commit) implements Entry {}

    /** A new lease. */
    record Granted(long lease, long seconds) implements Entry {}

    /** A lease is gone; the commit beside it has deleted its keys. */
    record Revoked(long lease) implements Entry {}

    /** What was before a revision is forgotten. */
    record Compacted(long revision) implements Entry {}
}
