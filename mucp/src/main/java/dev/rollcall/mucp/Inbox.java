package dev.rollcall.mucp;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Messages that have arrived, handed on as they are asked for, and after the last one the end. Whoever fills it reads the next
 * message from the wire only when told that it is empty, so it holds one or two at most.
 *
 * <p>Everything is handed on by the executor, which runs tasks serially; the other methods are safe for use by many threads.
 */
final class Inbox<M> {
    /** Where messages go. */
    interface Reader<M> {
        void message(M message);

        /** Nothing waits any more. */
        void empty();
    }

    private final Executor serial;
    private final Reader<M> reader;
    private final Queue<M> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicLong requested = new AtomicLong();
    private volatile @Nullable Runnable end;
    private boolean discarded;

    Inbox(Executor serial, Reader<M> reader) {
        this.serial = serial;
        this.reader = reader;
    }

    void request(int count) {
        requested.addAndGet(count);
        serial.execute(this::drain);
    }

    void add(M message) {
        waiting.add(message);
        serial.execute(this::drain);
    }

    /** No message follows; the task runs when all have been handed on. */
    void end(Runnable task) {
        end = task;
        serial.execute(this::drain);
    }

    /** Forgets what waits and hands nothing on any more. Called by a task of the executor. */
    void discard() {
        discarded = true;
        waiting.clear();
    }

    private void drain() {
        while (!discarded && requested.get() > 0) {
            M message = waiting.poll();
            if (message == null) {
                break;
            }
            requested.decrementAndGet();
            reader.message(message);
            if (waiting.isEmpty() && end == null) {
                reader.empty();
            }
        }
        Runnable task = end;
        if (!discarded && task != null && waiting.isEmpty()) {
            end = null;
            task.run();
        }
    }
}
