package dev.rollcall;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

final class RoundRobinBalancer implements Balancer {
    /** The cursor stands in the middle of its array: 64 bytes on each side keep other threads' cursors off its cache line. */
    private static final int CURSOR = 16;

    private static final int PADDED = 32;

    private final AtomicInteger starts =
            new AtomicInteger(ThreadLocalRandom.current().nextInt());
    // A plain array, no class of ours: it stays behind in threads that outlive the class loader of an application.
    private final ThreadLocal<int[]> cursors = ThreadLocal.withInitial(this::start);

    private int[] start() {
        int[] cursor = new int[PADDED];
        cursor[CURSOR] = starts.getAndIncrement() & Integer.MAX_VALUE;
        return cursor;
    }

    @Override
    public Instance pick(Candidates candidates) {
        int size = candidates.size();
        int[] cursor = cursors.get();
        int at = cursor[CURSOR];
        if (at >= size) {
            // The thread's first pick, or there are fewer candidates than there were.
            at %= size;
        }
        cursor[CURSOR] = at + 1 == size ? 0 : at + 1;
        return candidates.at(at);
    }
}
