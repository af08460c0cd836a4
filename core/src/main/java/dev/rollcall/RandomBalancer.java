package dev.rollcall;

import java.util.concurrent.ThreadLocalRandom;

final class RandomBalancer implements Balancer {
    static final RandomBalancer INSTANCE = new RandomBalancer();

    private RandomBalancer() {}

    @Override
    public Instance pick(Candidates candidates) {
        return candidates.at(
                below(candidates.size(), ThreadLocalRandom.current().nextInt()));
    }

    /**
     * Maps 32 random bits to 0..bound-1 with a multiplication instead of a division; one value is likelier than another by at
     * most bound / 2^32 of itself.
     */
    static int below(int bound, int bits) {
        return (int) (((bits & 0xffff_ffffL) * bound) >>> 32);
    }
}
