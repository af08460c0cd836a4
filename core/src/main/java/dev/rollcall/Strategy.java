package dev.rollcall;

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
}
