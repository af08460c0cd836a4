package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** One lease: its time to live, when it ends and the keys on it. Not thread-safe. */
final class Lease {
    private final long id;
    private final long seconds;
    private final Set<ByteString> keys = new TreeSet<>(ByteString.unsignedLexicographicalComparator());
    private long end;

    Lease(long id, long seconds, long now) {
        this.id = id;
        this.seconds = seconds;
        renew(now);
    }

    long id() {
        return id;
    }

    /** The time to live that was granted. */
    long seconds() {
        return seconds;
    }

    /** Its keys in the order of their bytes. */
    Set<ByteString> keys() {
        return keys;
    }

    /** When it ends, on the clock of {@link Leases}. */
    long end() {
        return end;
    }

    void renew(long now) {
        end = now + TimeUnit.SECONDS.toNanos(seconds);
    }

    void endAt(long now) {
        end = now;
    }

    boolean expired(long now) {
        return end - now <= 0;
    }

    /** Whole seconds left. */
    long remaining(long now) {
        return TimeUnit.NANOSECONDS.toSeconds(end - now);
    }
}
