package dev.rollcall.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** When each revision was seen in one place; written by one thread, read by another. */
final class Stamps {
    private static final long POLL = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

    private final long[] times;
    private volatile long base = -1;
    private volatile long last = -1;

    Stamps(int revisions) {
        times = new long[revisions];
    }

    /** From here on revisions count. */
    void start(long revision) {
        last = revision;
        base = revision;
    }

    void note(long revision) {
        int at = (int) (revision - base);
        if (at > 0 && at < times.length) {
            times[at] = System.nanoTime();
            last = revision;
        }
    }

    /** In the sense of {@link System#nanoTime}; waits until the revision was seen. */
    long at(long revision) throws TimeoutException {
        long since = System.nanoTime();
        while (base < 0 || last < revision) {
            if (System.nanoTime() - since > PATIENCE) {
                throw new TimeoutException("revision " + revision + " was not seen in 10 s (last: " + last + ")");
            }
            LockSupport.parkNanos(POLL);
        }
        return times[(int) (revision - base)];
    }
}
