package dev.rollcall;

/**
 * Chooses instances for one view. Called by many threads at once, on the path of every call: it should not allocate, lock or
 * block.
 *
 * <p>Who calls the picked instances may tell the balancer, as {@link ServiceView#call} does: then every {@link #started} is
 * followed by one {@link #ended} for an instance of the same id. Picks that nobody speaks of again are as good.
 */
@FunctionalInterface
public interface Balancer {
    /** One of the candidates, of which there is at least one. The same candidates come as the same object. */
    Instance pick(Candidates candidates);

    /** A call of an instance begins, whoever picked it. */
    default void started(Instance instance) {}

    /** A call that was {@link #started} is over. */
    default void ended(Instance instance, Outcome outcome) {}
}
