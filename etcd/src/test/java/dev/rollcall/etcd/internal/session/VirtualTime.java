package dev.rollcall.etcd.internal.session;

import java.time.Duration;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Timers whose time stands still until a test moves it; tasks run in the thread that does. Any thread may schedule. */
final class VirtualTime extends AbstractExecutorService implements ScheduledExecutorService {
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final List<Runnable> settlers = new CopyOnWriteArrayList<>();
    private long now;
    private long scheduled;

    synchronized long nanos() {
        return now;
    }

    /** How many timers wait. */
    synchronized int waiting() {
        timers.removeIf(FutureTask::isCancelled);
        return timers.size();
    }

    /** What to wait for before time may move on. */
    void settle(Runnable settled) {
        settlers.add(settled);
    }

    void forget(Runnable settled) {
        settlers.remove(settled);
    }

    /** Moves time on, and runs what is due at its own time. */
    void advance(Duration by) {
        long end = nanos() + by.toNanos();
        settle();
        for (Timer due = next(end); due != null; due = next(end)) {
            due.run();
            settle();
        }
    }

    private void settle() {
        settlers.forEach(Runnable::run);
    }

    private synchronized @Nullable Timer next(long end) {
        timers.removeIf(FutureTask::isCancelled);
        Timer first = timers.peek();
        if (first == null || first.at > end) {
            now = end;
            return null;
        }
        now = Math.max(now, first.at);
        return timers.remove();
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        Timer timer = new Timer(task, now + unit.toNanos(delay), scheduled++);
        timers.add(timer);
        return timer;
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void execute(Runnable task) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return false;
    }

    private final class Timer extends FutureTask<@Nullable Void> implements ScheduledFuture<@Nullable Void> {
        private final long at;
        private final long order;

        Timer(Runnable task, long at, long order) {
            super(task, null);
            this.at = at;
            this.order = order;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(at - nanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Timer that = (Timer) other;
            int byTime = Long.compare(at, that.at);
            return byTime != 0 ? byTime : Long.compare(order, that.order);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
