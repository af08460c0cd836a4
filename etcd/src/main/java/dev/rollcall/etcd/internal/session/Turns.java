package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Engine;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Lets so many registrations ask etcd something at a time, and the others wait in line: when ten thousand of them hear that etcd is
 * back, a call that is made at once and waits behind all others on the server would only reach its deadline.
 */
final class Turns {
    /** Where they go together, as many as fill a transaction. */
    static final int AT_A_TIME = Transactions.MOST_OPERATIONS;

    private final Engine engine;
    private final Set<Runnable> waiting = new LinkedHashSet<>();
    private int taken;

    Turns(Engine engine) {
        this.engine = engine;
    }

    /** Whether it is the caller's turn, which it then gives back; if not, {@code again} runs when it may be. */
    boolean take(Runnable again) {
        if (taken < AT_A_TIME) {
            taken++;
            return true;
        }
        waiting.add(again);
        return false;
    }

    void giveBack() {
        taken--;
        if (!waiting.isEmpty()) {
            engine.run(this::next);
        }
    }

    private void next() {
        while (taken < AT_A_TIME && !waiting.isEmpty()) {
            Runnable first = waiting.iterator().next();
            waiting.remove(first);
            first.run();
        }
    }

    /** No call is under way any more, and whoever waits will be told to begin anew. */
    void disconnected() {
        taken = 0;
        waiting.clear();
    }
}
