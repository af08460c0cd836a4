package dev.rollcall;

import java.time.Duration;

/**
 * When an instance that fails gets no calls for a while: after so many failures in a row, {@linkplain Outcome#FAILED as the caller
 * told}. What counts as one is the caller's to say; over gRPC these are UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL and UNKNOWN, and
 * a wrong password is an answer.
 *
 * <p>It stays out for a random time of at most {@code base}, which doubles with each time it is put out again, up to
 * {@code longest}; when it is back, a single failure puts it out again until it has answered once. Never are more out than
 * {@code percent} of the candidates, but one always may be; and never all.
 *
 * <pre>{@code
 * rollcall.service("svc.user.agent").with(Strategy.random().ejecting(Ejection.DEFAULT.withFailures(3)))
 * }</pre>
 *
 * @param failures how many in a row, at least 1
 * @param base the longest first time out
 * @param longest the longest time out of all
 * @param percent 1 to 99
 */
public record Ejection(int failures, Duration base, Duration longest, int percent) {
    /** After 5 failures in a row; 10 seconds at first, 5 minutes at most; at most half of the candidates. */
    public static final Ejection DEFAULT = new Ejection(5, Duration.ofSeconds(10), Duration.ofMinutes(5), 50);

    public Ejection {
        if (failures < 1) {
            throw new ConfigurationException("failures: " + failures + " (expected: >= 1)");
        }
        if (base.isZero() || base.isNegative()) {
            throw new ConfigurationException("base: " + base.toMillis() + "ms (expected: > 0ms)");
        }
        if (longest.compareTo(base) < 0 || longest.compareTo(Duration.ofDays(1)) > 0) {
            throw new ConfigurationException(
                    "longest: " + longest.toMillis() + "ms (expected: from base, " + base.toMillis() + "ms, to 24h)");
        }
        if (percent < 1 || percent > 99) {
            throw new ConfigurationException("percent: " + percent + " (expected: 1 to 99)");
        }
    }

    public Ejection withFailures(int changed) {
        return new Ejection(changed, base, longest, percent);
    }

    public Ejection withBase(Duration changed) {
        return new Ejection(failures, changed, longest, percent);
    }

    public Ejection withLongest(Duration changed) {
        return new Ejection(failures, base, changed, percent);
    }

    public Ejection withPercent(int changed) {
        return new Ejection(failures, base, longest, changed);
    }

    /** How many of this many candidates may be out at once. */
    int most(int candidates) {
        return candidates < 2 ? 0 : Math.max(1, (int) ((long) candidates * percent / 100));
    }
}
