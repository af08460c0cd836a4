package dev.rollcall;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/** Walker's alias method in Vose's form: one random number and one look into a table per pick. */
final class WeightedBalancer implements Balancer {
    private static final int DEFAULT_WEIGHT = 100;
    private static final int LARGEST_WEIGHT = 1_000_000;

    // Read and written without order on purpose: a thread that sees an old table builds the same new one again.
    private Table table = new Table(Candidates.NONE);

    @Override
    public Instance pick(Candidates candidates) {
        Table current = table;
        if (current.candidates != candidates) {
            current = new Table(candidates);
            table = current;
        }
        return candidates.at(current.pick(ThreadLocalRandom.current().nextLong()));
    }

    static int weight(Instance instance) {
        String text = instance.metadata().get("weight");
        if (text == null || text.isEmpty() || text.length() > 7) {
            return DEFAULT_WEIGHT;
        }
        int weight = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return DEFAULT_WEIGHT;
            }
            weight = weight * 10 + (c - '0');
        }
        return weight > LARGEST_WEIGHT ? DEFAULT_WEIGHT : weight;
    }

    /** For each place: how likely it keeps what falls on it (upper half, of 2^32), and who gets the rest (lower half). */
    private static final class Table {
        private final Candidates candidates;
        private final long[] places;

        Table(Candidates candidates) {
            this.candidates = candidates;
            this.places = places(weights(candidates));
        }

        int pick(long random) {
            int at = RandomBalancer.below(places.length, (int) (random >>> 32));
            long place = places[at];
            return (random & 0xffff_ffffL) < (place >>> 32) ? at : (int) place;
        }

        private static long[] weights(Candidates candidates) {
            long[] weights = new long[candidates.size()];
            long sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = weight(candidates.at(i));
                sum += weights[i];
            }
            if (sum == 0) {
                Arrays.fill(weights, 1);
            }
            return weights;
        }

        private static long[] places(long[] shares) {
            int size = shares.length;
            long sum = 0;
            for (long share : shares) {
                sum += share;
            }
            // In units where a full place is the sum: whole numbers, so nothing is lost to rounding.
            int[] rest = new int[size];
            int poor = 0;
            int rich = size;
            for (int i = 0; i < size; i++) {
                shares[i] *= size;
                rest[shares[i] < sum ? poor++ : --rich] = i;
            }
            long[] places = new long[size];
            while (poor > 0) {
                int taker = rest[--poor];
                int giver = rest[rich];
                places[taker] = place(shares[taker], sum, giver);
                shares[giver] -= sum - shares[taker];
                if (shares[giver] < sum) {
                    rest[poor++] = giver;
                    rich++;
                }
            }
            while (rich < size) {
                int full = rest[rich++];
                places[full] = place(0, sum, full);
            }
            return places;
        }

        private static long place(long keeps, long sum, int other) {
            return (long) (keeps * 0x1p32 / sum) << 32 | other;
        }
    }
}
