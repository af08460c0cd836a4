package dev.rollcall.rpc;

import dev.rollcall.ConfigurationException;
import java.time.Duration;
import java.util.Set;

/**
 * When a call of a {@link ServiceChannel} is made again, on another instance.
 *
 * <p>What surely was not executed (no byte of it was sent) always goes elsewhere, as far as {@code attempts} allow. What may have
 * been executed is made again only when its error has one of the codes, after a pause with full jitter below {@code 0.1 s *
 * attempt^e}, go-micro's back-off. Once a message of the answer has arrived nothing is repeated, and neither is a call that
 * streams its requests.
 *
 * @param attempts the most instances to try
 * @param timeout of the whole call, when it does not stream and its caller set no deadline
 * @param codes of {@link MicroError} for which a call is made again
 */
public record RetryPolicy(int attempts, Duration timeout, Set<Integer> codes) {
    /** At most 3 instances and 5 seconds; only calls that were surely not executed are repeated. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(3, Duration.ofSeconds(5), Set.of());

    /** go-micro 1 to 4.9: one more attempt within 5 seconds after 408 and 500. Only for calls that may be executed twice. */
    public static final RetryPolicy GO_MICRO = new RetryPolicy(2, Duration.ofSeconds(5), Set.of(408, 500));

    /** go-micro 4.10 and later: five more attempts within 30 seconds after 408. Only for calls that may be executed twice. */
    public static final RetryPolicy GO_MICRO_4_10 = new RetryPolicy(6, Duration.ofSeconds(30), Set.of(408));

    public RetryPolicy {
        codes = Set.copyOf(codes);
        if (attempts < 1) {
            throw new ConfigurationException("attempts: " + attempts + " (expected: >= 1)");
        }
        if (timeout.isZero() || timeout.isNegative()) {
            throw new ConfigurationException("timeout: " + timeout.toMillis() + "ms (expected: > 0ms)");
        }
    }

    public RetryPolicy withAttempts(int changed) {
        return new RetryPolicy(changed, timeout, codes);
    }

    public RetryPolicy withTimeout(Duration changed) {
        return new RetryPolicy(attempts, changed, codes);
    }

    public RetryPolicy withCodes(Set<Integer> changed) {
        return new RetryPolicy(attempts, timeout, changed);
    }
}
