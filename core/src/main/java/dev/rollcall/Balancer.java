package dev.rollcall;

/**
 * Chooses instances for one view. Called by many threads at once, on the path of every call: it should not allocate, lock or
 * block.
 */
@FunctionalInterface
public interface Balancer {
    /** One of the candidates, of which there is at least one. The same candidates come as the same object. */
    Instance pick(Candidates candidates);
}
