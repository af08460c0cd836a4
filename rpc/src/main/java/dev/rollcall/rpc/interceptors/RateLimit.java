package dev.rollcall.rpc.interceptors;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;

/**
 * Lets so many calls in, in so much time, and refuses the others with RESOURCE_EXHAUSTED; go-micro's callers see 429. The limit
 * is that of the one server it is given to, all its callers together; calls come in as a burst or evenly.
 *
 * <pre>{@code
 * builder.intercept(RateLimit.of(10, Duration.ofSeconds(1)))
 * }</pre>
 *
 * <p>Needs {@code com.bucket4j:bucket4j_jdk17-core} in the class path. Safe for use by many threads.
 */
public final class RateLimit implements ServerInterceptor {
    private final Bucket bucket;
    private final Status refused;

    private RateLimit(int calls, Duration every, TimeMeter clock) {
        bucket = Bucket.builder()
                .addLimit(limit -> limit.capacity(calls).refillGreedy(calls, every))
                .withCustomTimePrecision(clock)
                .build();
        refused = Status.RESOURCE_EXHAUSTED.withDescription(
                "rate limit: more than " + calls + " calls in " + every.toMillis() + "ms");
    }

    /**
     * At most this many calls at once, and that many more as the time goes on.
     *
     * @throws IllegalArgumentException when either is not above zero
     */
    public static RateLimit of(int calls, Duration every) {
        return new RateLimit(calls, every, TimeMeter.SYSTEM_NANOTIME);
    }

    static RateLimit of(int calls, Duration every, TimeMeter clock) {
        return new RateLimit(calls, every, clock);
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (bucket.tryConsume(1)) {
            return next.startCall(call, headers);
        }
        call.close(refused, new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
