package dev.rollcall.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Something that is asked for once, and that others wait for: the end of a command. Safe for use by many threads. */
final class Stop {
    private final CountDownLatch requested = new CountDownLatch(1);
    private volatile boolean heeded;

    /** Says that from now on the command ends by itself when it is asked to; before that, nothing is lost if it just dies. */
    Stop heed() {
        heeded = true;
        return this;
    }

    boolean heeded() {
        return heeded;
    }

    void request() {
        requested.countDown();
    }

    boolean requested() {
        return requested.getCount() == 0;
    }

    /** Waits for the request; answers whether it came in time, or the thread was interrupted, which is a request as well. */
    boolean await(Duration atMost) {
        try {
            return requested.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
