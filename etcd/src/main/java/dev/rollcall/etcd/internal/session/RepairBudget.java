package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Engine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** How often a key that others keep changing may be written over: three times a minute. */
final class RepairBudget {
    private static final int REPAIRS = 3;
    private static final Duration WITHIN = Duration.ofMinutes(1);

    private final Engine engine;
    private final Deque<Long> taken = new ArrayDeque<>();

    RepairBudget(Engine engine) {
        this.engine = engine;
    }

    /** Whether a repair may be made now, which is then counted. */
    boolean take() {
        long now = engine.now();
        while (!taken.isEmpty() && now - taken.peek() >= WITHIN.toNanos()) {
            taken.remove();
        }
        return taken.size() < REPAIRS && taken.add(now);
    }
}
