package dev.rollcall;

import java.util.concurrent.ConcurrentHashMap;

/** How many calls each instance has in flight, by id; holds nothing for those that have none. Safe for use by many threads. */
final class InFlight {
    private final ConcurrentHashMap<String, Integer> counts = new ConcurrentHashMap<>();

    void started(Instance instance) {
        counts.merge(instance.id(), 1, Integer::sum);
    }

    void ended(Instance instance) {
        counts.computeIfPresent(instance.id(), (id, count) -> count == 1 ? null : count - 1);
    }

    /** Neither locks nor allocates. */
    int of(Instance instance) {
        return counts.getOrDefault(instance.id(), 0);
    }
}
