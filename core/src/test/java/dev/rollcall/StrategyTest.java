package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrategyTest {
    private static final int PICKS = 200_000;

    private static Candidates candidates(int size) {
        return Candidates.of(
                IntStream.range(0, size).mapToObj(i -> Some.instance("i" + i)).toList());
    }

    private static Candidates weighing(String... weights) {
        return Candidates.of(IntStream.range(0, weights.length)
                .mapToObj(i -> Some.weighing("i" + i, weights[i]))
                .toList());
    }

    private static Map<String, Integer> count(Balancer balancer, Candidates candidates) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < PICKS; i++) {
            counts.merge(balancer.pick(candidates).id(), 1, Integer::sum);
        }
        return counts;
    }

    /** Eight standard deviations: wrong once in 10^15 runs. */
    private static void assertShare(Map<String, Integer> counts, String id, double share) {
        double tolerance = 8 * Math.sqrt(PICKS * share * (1 - share));
        assertThat((double) counts.getOrDefault(id, 0)).as(id).isCloseTo(PICKS * share, within(tolerance));
    }

    @Test
    void random_takes_all_alike() {
        Map<String, Integer> counts = count(Strategy.random().balancer(), candidates(7));
        for (int i = 0; i < 7; i++) {
            assertShare(counts, "i" + i, 1 / 7.0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 0", "1, -1, 0", "10, 0, 0", "10, -1, 9", "10, 2147483647, 4", "10, -2147483648, 5"})
    void random_bits_are_spread_over_the_places(int bound, int bits, int place) {
        assertThat(RandomBalancer.below(bound, bits)).isEqualTo(place);
    }

    @Test
    void round_robin_goes_through_all_in_order() {
        Candidates candidates = candidates(5);
        Balancer balancer = Strategy.roundRobin().balancer();
        int first = number(balancer.pick(candidates));
        for (int i = 1; i < 23; i++) {
            assertThat(number(balancer.pick(candidates))).isEqualTo((first + i) % 5);
        }
    }

    @Test
    void round_robin_covers_all_in_every_thread_while_others_pick() throws Exception {
        int size = 7;
        int threads = 8;
        Candidates candidates = candidates(size);
        Balancer balancer = Strategy.roundRobin().balancer();
        CyclicBarrier together = new CyclicBarrier(threads);
        List<CompletableFuture<List<Integer>>> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            CompletableFuture<List<Integer>> picked = new CompletableFuture<>();
            running.add(picked);
            start(() -> {
                try {
                    together.await(10, TimeUnit.SECONDS);
                    picked.complete(IntStream.range(0, size * 1000)
                            .mapToObj(i -> number(balancer.pick(candidates)))
                            .toList());
                } catch (Exception e) {
                    picked.completeExceptionally(e);
                }
            });
        }
        for (CompletableFuture<List<Integer>> thread : running) {
            List<Integer> picked = thread.get(30, TimeUnit.SECONDS);
            for (int i = 1; i < picked.size(); i++) {
                assertThat(picked.get(i)).isEqualTo((picked.get(i - 1) + 1) % size);
            }
        }
    }

    @Test
    void round_robin_spreads_threads_that_pick_once() throws Exception {
        Candidates candidates = candidates(6);
        Balancer balancer = Strategy.roundRobin().balancer();
        List<Integer> picked = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            CompletableFuture<Integer> one = new CompletableFuture<>();
            start(() -> one.complete(number(balancer.pick(candidates))));
            picked.add(one.get(10, TimeUnit.SECONDS));
        }
        assertThat(picked).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    @Test
    void round_robin_goes_on_when_there_are_fewer() {
        Balancer balancer = Strategy.roundRobin().balancer();
        Candidates many = candidates(9);
        Candidates few = candidates(2);
        while (number(balancer.pick(many)) != 6) {
            // until the cursor stands behind the end of the few
        }
        List<Integer> picked =
                IntStream.range(0, 4).mapToObj(i -> number(balancer.pick(few))).toList();
        assertThat(picked).containsExactly(1, 0, 1, 0);
    }

    @Test
    void round_robin_keeps_its_state_per_balancer() {
        Candidates candidates = candidates(3);
        Balancer one = Strategy.roundRobin().balancer();
        Balancer other = Strategy.roundRobin().balancer();
        int first = number(one.pick(candidates));
        for (int i = 0; i < 4; i++) {
            other.pick(candidates);
        }
        assertThat(number(one.pick(candidates))).isEqualTo((first + 1) % 3);
    }

    @Test
    void weights_decide_the_shares() {
        Map<String, Integer> counts = count(Strategy.weighted().balancer(), weighing("1", "100", "0", "50", "49"));
        assertShare(counts, "i0", 1 / 200.0);
        assertShare(counts, "i1", 100 / 200.0);
        assertThat(counts).doesNotContainKey("i2");
        assertShare(counts, "i3", 50 / 200.0);
        assertShare(counts, "i4", 49 / 200.0);
    }

    @Test
    void weights_from_1_to_100_decide_the_shares() {
        String[] weights =
                IntStream.rangeClosed(1, 100).mapToObj(Integer::toString).toArray(String[]::new);
        Map<String, Integer> counts = count(Strategy.weighted().balancer(), weighing(weights));
        for (int i = 0; i < 100; i++) {
            assertShare(counts, "i" + i, (i + 1) / 5050.0);
        }
    }

    @Test
    void a_new_weight_counts_from_the_next_pick_on() {
        Balancer balancer = Strategy.weighted().balancer();
        assertThat(count(balancer, weighing("0", "1"))).containsOnlyKeys("i1");
        assertThat(count(balancer, weighing("1", "0"))).containsOnlyKeys("i0");
        Map<String, Integer> counts = count(balancer, weighing("30", "10"));
        assertShare(counts, "i0", 0.75);
    }

    @Test
    void weight_0_is_picked_when_there_is_nothing_else() {
        Map<String, Integer> counts = count(Strategy.weighted().balancer(), weighing("0", "0"));
        assertShare(counts, "i0", 0.5);
        assertShare(counts, "i1", 0.5);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0", "1, 1", "007, 7", "1000000, 1000000", "1000001, 100", "9999999, 100", "99999999999999999999, 100",
        "'', 100", "-1, 100", "+1, 100", "1.5, 100", "' 5', 100", "heavy, 100", "\u0661, 100"
    })
    void a_weight_that_is_no_number_in_range_counts_as_100(String text, int weight) {
        assertThat(WeightedBalancer.weight(Some.weighing("a", text))).isEqualTo(weight);
    }

    @Test
    void no_weight_counts_as_100() {
        assertThat(WeightedBalancer.weight(Some.instance("a"))).isEqualTo(100);
    }

    @Test
    void one_candidate_is_always_picked() {
        Candidates one = candidates(1);
        for (Strategy strategy : List.of(Strategy.random(), Strategy.roundRobin(), Strategy.weighted())) {
            Balancer balancer = strategy.balancer();
            assertThat(balancer.pick(one)).isSameAs(one.at(0));
            assertThat(balancer.pick(one)).isSameAs(one.at(0));
        }
    }

    private static int number(Instance instance) {
        return Integer.parseInt(instance.id().substring(1));
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }
}
