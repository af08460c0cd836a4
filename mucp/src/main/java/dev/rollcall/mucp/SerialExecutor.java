package dev.rollcall.mucp;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs tasks one after the other, in order, on the threads of an executor. Once that rejects one, nothing runs any more. */
final class SerialExecutor implements Executor {
    private final Executor executor;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final Runnable onRejected;
    private volatile boolean rejected;

    SerialExecutor(Executor executor, Runnable onRejected) {
        this.executor = executor;
        this.onRejected = onRejected;
    }

    /** Never throws; nor must the task. */
    @Override
    public void execute(Runnable task) {
        if (rejected) {
            return;
        }
        tasks.add(task);
        if (unfinished.getAndIncrement() == 0) {
            try {
                executor.execute(this::runAll);
            } catch (RejectedExecutionException full) {
                rejected = true;
                tasks.clear();
                onRejected.run();
            }
        }
    }

    private void runAll() {
        do {
            Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            }
        } while (unfinished.decrementAndGet() > 0);
    }
}
