package dev.rollcall.rpc;

import dev.rollcall.Outcome;
import io.grpc.Status;

/**
 * What the status of a call says about the instance that was called. Only UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL and UNKNOWN count
 * against it: an instance that refuses wrong passwords is well.
 */
public final class Outcomes {
    private Outcomes() {}

    public static Outcome of(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN -> Outcome.FAILED;
            case CANCELLED -> Outcome.ABANDONED;
            default -> Outcome.ANSWERED;
        };
    }
}
