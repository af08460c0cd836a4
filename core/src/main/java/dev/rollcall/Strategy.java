package dev.rollcall;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How an instance is chosen: makes the {@link Balancer} of each view, which keeps its own state.
 *
 * <pre>{@code
 * ServiceView users = rollcall.service("svc.user.agent").with(Strategy.weighted());
 * }</pre>
 *
 * <p>The stock ones neither allocate nor lock while the candidates stay the same, and threads share no counter.
 */
@FunctionalInterface
public interface Strategy {
    /** A new balancer, with no state yet. */
    Balancer balancer();

    /** Every instance is as likely as any other, whatever was picked before. */
    static Strategy random() {
        return () -> RandomBalancer.INSTANCE;
    }

    /**
     * Each thread goes through the candidates in their order, one after the other, on its own: while they stay the same it picks
     * each once before it picks any again. Threads start at places one apart and processes at random ones, so that together they
     * spread over all, also when each thread makes only one call. The price is about 150 bytes per thread and view.
     */
    static Strategy roundRobin() {
        return RoundRobinBalancer::new;
    }

    /**
     * Random in proportion to the metadata entry {@code weight}, a whole number from 0 to 1,000,000; an instance without one, or
     * with any other text, counts as 100, as in go-kratos. Weight 0 gets nothing unless all have weight 0, which then count
     * alike. The first pick after a change looks at every candidate once; all others take the same short time however many
     * there are.
     */
    static Strategy weighted() {
        return WeightedBalancer::new;
    }

    /**
     * Of two different candidates taken at random, the one with fewer calls in flight, which spreads calls about as well as if
     * all were compared. It knows the calls it is told of, as by {@link ServiceView#call}; without any it is as {@link #random()}.
     */
    static Strategy leastRequest() {
        return LeastRequestBalancer::new;
    }

    /**
     * This way of choosing, first among the candidates whose metadata entry {@code zone} is this. Calls overflow to the others
     * when the zone has none, and one by one when the instance chosen in the zone has more calls in flight than 10 and twice what
     * the one chosen outside has. Only calls it is told of count, as by {@link ServiceView#call}.
     */
    default Strategy zoneFirst(String zone) {
        Objects.requireNonNull(zone, "zone");
        return () -> new ZoneFirstBalancer(zone, this);
    }

    /** This way of choosing, among those candidates that do not keep failing. It knows the calls it is told of. */
    default Strategy ejecting(Ejection ejection) {
        Objects.requireNonNull(ejection, "ejection");
        return () -> new EjectingBalancer(
                balancer(),
                ejection,
                System::nanoTime,
                most -> 1 + ThreadLocalRandom.current().nextLong(most));
    }
}
