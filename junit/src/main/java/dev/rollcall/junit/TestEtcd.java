package dev.rollcall.junit;

import dev.rollcall.Rollcall;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An etcd for a test, and what can happen to it. Also without JUnit:
 *
 * <pre>{@code
 * try (TestEtcd etcd = TestEtcd.start(); Rollcall rollcall = etcd.connect()) {
 *     rollcall.register(instance);
 *     etcd.cut();
 *     ...
 * }
 * }</pre>
 *
 * <p>Any thread may call it. What a real etcd cannot do on demand throws {@link UnsupportedOperationException} naming the call; that is
 * said at each method.
 */
public sealed interface TestEtcd extends AutoCloseable permits EmbeddedTestEtcd, RealTestEtcd {
    /** Starts one in this JVM, in memory, on a free loopback port. */
    static TestEtcd start() {
        return new EmbeddedTestEtcd();
    }

    /**
     * Starts a process of a real etcd on free loopback ports, with a data directory that is deleted at the end, and waits until it
     * serves.
     *
     * @throws IllegalStateException with the end of its log when it does not start
     */
    static TestEtcd real(Path binary) {
        return RealTestEtcd.launch(binary);
    }

    /** Where it listens, {@code 127.0.0.1:port}; the same for its whole life. */
    String endpoint();

    /** A Rollcall on it with default settings, which the caller closes. */
    default Rollcall connect() {
        return Rollcall.connect("etcd://" + endpoint());
    }

    /** Lets all leases grow older at once; those whose time is over are gone when this returns. Not with a real etcd. */
    void advanceLeases(Duration time);

    /**
     * Ends a lease and deletes its keys, as if its time were over.
     *
     * @throws IllegalArgumentException when there is no such lease
     */
    void expireLease(long lease);

    /** Ends every lease there is and deletes their keys, as if their time were over. */
    void expireLeases();

    /** Breaks every connection without a word and takes no new one, as a network that is gone. Not with a real etcd. */
    void cut();

    /** Takes connections again. Not with a real etcd. */
    void heal();

    /** Cuts the next watch streams right after each told its client that a watcher was created. Not with a real etcd. */
    void dropWatchesAfterCreated(int streams);

    /** Sends everything later by this time, until it is set to zero. Not with a real etcd. */
    void delayAnswers(Duration time);

    /** Forgets everything before the newest revision. */
    void compact();

    /** Ends as in a crash and starts again with its data: leases get their full time back. */
    void restart();

    /** Ends as in a crash and starts again without data: the same cluster id, another history. */
    void restartEmpty();

    /** Ends it. Closing twice does nothing. */
    @Override
    void close();
}
