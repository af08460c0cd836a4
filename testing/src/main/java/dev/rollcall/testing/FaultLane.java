package dev.rollcall.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The faults of one direction of a {@link FaultProxy}, shared by all its connections. */
final class FaultLane {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final Runnable resetAll;
    private boolean stalled;
    private long delayNanos;
    private long forwarded;
    private long resetAt = NO_LIMIT;

    FaultLane(Runnable resetAll) {
        this.resetAll = resetAll;
    }

    synchronized void stall(boolean on) {
        stalled = on;
        notifyAll();
    }

    synchronized void delay(Duration delay) {
        delayNanos = delay.toNanos();
        notifyAll();
    }

    synchronized void resetAfter(long bytes) {
        resetAt = forwarded + bytes;
    }

    synchronized void heal() {
        stalled = false;
        delayNanos = 0;
        resetAt = NO_LIMIT;
        notifyAll();
    }

    synchronized long forwarded() {
        return forwarded;
    }

    /** Wakes those who wait, to see that their connection is over. */
    synchronized void wake() {
        notifyAll();
    }

    /** Waits until what arrived at this time may go on; false when the connection is over first. */
    synchronized boolean pass(long arrivedNanos, BooleanSupplier over) throws InterruptedException {
        while (!over.getAsBoolean()) {
            long leftNanos = arrivedNanos + delayNanos - System.nanoTime();
            if (!stalled && leftNanos <= 0) {
                return true;
            }
            if (stalled) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(leftNanos, 1_000_000));
            }
        }
        return false;
    }

    /** How many of these bytes may be forwarded before the reset. */
    synchronized int allowed(int bytes) {
        return (int) Math.min(bytes, resetAt - forwarded);
    }

    /** Counts bytes; true when the agreed number is reached, once. */
    void count(int bytes) {
        boolean reached;
        synchronized (this) {
            forwarded += bytes;
            reached = forwarded >= resetAt;
            if (reached) {
                resetAt = NO_LIMIT;
            }
        }
        if (reached) {
            resetAll.run();
        }
    }
}
