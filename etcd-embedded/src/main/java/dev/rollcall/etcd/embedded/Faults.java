package dev.rollcall.etcd.embedded;

import java.time.Duration;

/**
 * What a test can do to an {@link EmbeddedEtcd} that a real one suffers by accident. Any thread may call it; everything holds until it
 * is taken back, also over {@link EmbeddedEtcd#restart()}.
 *
 * <pre>{@code
 * etcd.faults().advanceLeases(Duration.ofSeconds(31));   // whoever did not renew within 30 s is gone now
 * etcd.faults().cut();                                   // every connection breaks, no new one is taken
 * etcd.faults().heal();
 * }</pre>
 */
public interface Faults {
    /** Lets all leases grow older at once, and revokes those whose time is over. Nothing waits. */
    void advanceLeases(Duration time);

    /**
     * Ends a lease as if its time were over, and deletes its keys.
     *
     * @throws IllegalArgumentException when there is no such lease
     */
    void expireLease(long lease);

    /** Ends every lease there is as if its time were over, and deletes their keys. */
    void expireLeases();

    /** Breaks every connection and takes no new one. The data, and the age of the leases, stay and go on. */
    void cut();

    /** Takes connections again, on the same port. */
    void heal();

    /** Cuts as many watch streams, each right after it told its client that a watcher was created and before any event. */
    void dropWatchesAfterCreated(int streams);

    /** Sends everything that clients get later by this time; zero ends it. */
    void delayAnswers(Duration time);

    /** Forgets everything that was before a revision. */
    void compact(long revision);

    /** Forgets everything that was before the newest revision. */
    void compact();
}
