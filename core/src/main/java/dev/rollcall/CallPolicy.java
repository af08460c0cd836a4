package dev.rollcall;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * How long and how often {@link ServiceView#call} goes on to another instance.
 *
 * <pre>{@code
 * view.with(CallPolicy.DEFAULT.withAttempts(2).withFinal(thrown -> thrown instanceof IllegalArgumentException))
 * }</pre>
 *
 * @param attempts the most instances to try, all different
 * @param deadline no further try starts when this much time is over; the running one is never interrupted
 * @param finals takes the exceptions that another instance would not mend, such as a wrong password: they are thrown as they are,
 *     at once, and do not count against the instance
 */
public record CallPolicy(int attempts, Duration deadline, Predicate<? super Exception> finals) {
    /** At most 3 instances, 5 seconds, and no exception is final. */
    public static final CallPolicy DEFAULT = new CallPolicy(3, Duration.ofSeconds(5), thrown -> false);

    public CallPolicy {
        Objects.requireNonNull(finals, "finals");
        if (attempts < 1) {
            throw new ConfigurationException("attempts: " + attempts + " (expected: >= 1)");
        }
        if (deadline.isZero() || deadline.isNegative()) {
            throw new ConfigurationException("deadline: " + deadline.toMillis() + "ms (expected: > 0ms)");
        }
    }

    public CallPolicy withAttempts(int changed) {
        return new CallPolicy(changed, deadline, finals);
    }

    public CallPolicy withDeadline(Duration changed) {
        return new CallPolicy(attempts, changed, finals);
    }

    /** Replaces what is final. */
    public CallPolicy withFinal(Predicate<? super Exception> changed) {
        return new CallPolicy(attempts, deadline, changed);
    }
}
