package dev.rollcall.etcd.testing;

import java.util.ArrayList;
import java.util.List;

/** Holds back what a {@link CallScript} would do until the test opens it; open, it stays open. Any thread. */
public final class Gate {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean open;

    /** Lets everything go on, in this thread. */
    public void open() {
        List<Runnable> freed;
        synchronized (this) {
            open = true;
            freed = List.copyOf(waiting);
            waiting.clear();
        }
        freed.forEach(Runnable::run);
    }

    /** How many calls wait. */
    public synchronized int waiting() {
        return waiting.size();
    }

    void then(Runnable work) {
        synchronized (this) {
            if (!open) {
                waiting.add(work);
                return;
            }
        }
        work.run();
    }
}
