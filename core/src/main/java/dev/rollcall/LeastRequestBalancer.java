package dev.rollcall;

import java.util.concurrent.ThreadLocalRandom;

/** Of two different candidates taken at random, the one with fewer calls in flight. */
final class LeastRequestBalancer implements Balancer {
    private final InFlight inFlight = new InFlight();

    @Override
    public Instance pick(Candidates candidates) {
        int size = candidates.size();
        if (size == 1) {
            return candidates.at(0);
        }
        long random = ThreadLocalRandom.current().nextLong();
        int first = RandomBalancer.below(size, (int) random);
        int second = RandomBalancer.below(size - 1, (int) (random >>> 32));
        Instance one = candidates.at(first);
        Instance other = candidates.at(second < first ? second : second + 1);
        return inFlight.of(other) < inFlight.of(one) ? other : one;
    }

    @Override
    public void started(Instance instance) {
        inFlight.started(instance);
    }

    @Override
    public void ended(Instance instance, Outcome outcome) {
        inFlight.ended(instance);
    }
}
