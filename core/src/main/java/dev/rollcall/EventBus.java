package dev.rollcall;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Hands events to listeners. Each listener has its own bounded queue and daemon thread, so one that throws or blocks hurts nobody
 * else; what does not fit into a queue is dropped and counted. Safe for use by many threads.
 */
final class EventBus implements EventListener, AutoCloseable {
    static final int LONGEST_QUEUE = 1024;
    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final List<Lane> lanes = new CopyOnWriteArrayList<>();
    private final LongAdder dropped = new LongAdder();

    Handle add(EventListener listener) {
        Lane lane = new Lane(listener);
        lanes.add(lane);
        return lane;
    }

    @Override
    public void on(Event event) {
        for (Lane lane : lanes) {
            lane.offer(event);
        }
    }

    /** How many events did not fit into a listener's queue. */
    long dropped() {
        return dropped.sum();
    }

    /** Delivers what is queued, for a second at most. */
    @Override
    public void close() {
        long end = System.nanoTime() + CLOSING_NANOS;
        lanes.forEach(lane -> lane.thread.shutdown());
        for (Lane lane : lanes) {
            lane.finish(end - System.nanoTime());
        }
    }

    private final class Lane implements Handle {
        private final EventListener listener;
        private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(LONGEST_QUEUE),
                task -> {
                    Thread made = new Thread(task, "rollcall-events");
                    made.setDaemon(true);
                    return made;
                },
                (task, pool) -> {
                    if (!pool.isShutdown()) {
                        dropped.increment();
                    }
                });
        private volatile boolean closed;

        Lane(EventListener listener) {
            this.listener = listener;
            thread.allowCoreThreadTimeOut(true);
        }

        void offer(Event event) {
            thread.execute(() -> deliver(event));
        }

        private void deliver(Event event) {
            if (closed) {
                return;
            }
            try {
                listener.on(event);
            } catch (RuntimeException | Error thrown) {
                tellOthers(event, thrown);
            }
        }

        private void tellOthers(Event event, Throwable thrown) {
            // Two listeners that both throw would otherwise tell each other for ever.
            if (!(event instanceof Event.ListenerFailed)) {
                Event failed = new Event.ListenerFailed("event listener", thrown);
                lanes.stream().filter(lane -> lane != this).forEach(lane -> lane.offer(failed));
            }
        }

        void finish(long nanos) {
            try {
                closed |= !thread.awaitTermination(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            closed = true;
            lanes.remove(this);
            thread.getQueue().clear();
            thread.shutdown();
        }
    }
}
