package dev.rollcall;

/**
 * What to do with a picked instance: call it.
 *
 * @param <T> the answer
 * @param <X> the checked exception it may throw; the compiler finds it, and takes {@link RuntimeException} when there is none
 */
@FunctionalInterface
public interface Call<T, X extends Exception> {
    /** Calls the instance; an exception says that it failed. */
    T on(Instance instance) throws X;
}
