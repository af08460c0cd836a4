package dev.rollcall.grpc;

import dev.rollcall.rpc.MicroError;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the callers of a method are told when it fails. Everybody gets the gRPC code. A go-micro client gets a {@link MicroError} too, in
 * the details and as JSON in the message, where it looks for one; to others the message is the plain text. What an unexpected
 * exception says goes to the log only.
 */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger("dev.rollcall.grpc");
    private static final long LOG_EVERY = TimeUnit.SECONDS.toNanos(1);
    private static final Metadata.Key<com.google.rpc.Status> DETAILS = Metadata.Key.of(
            "grpc-status-details-bin", ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

    private final String service;
    private final String method;
    private final AtomicLong nextLog = new AtomicLong(System.nanoTime());

    Failures(String service, String method) {
        this.service = service;
        this.method = method;
    }

    void close(ServerCall<?, ?> call, Status given, Metadata trailers, boolean goMicro) {
        Status status = unexpected(given) ? hidden(given) : given;
        if (goMicro) {
            MicroError error = MicroError.from(described(status), trailers, service);
            StatusRuntimeException told = error.toException();
            merge(trailers, told.getTrailers());
            call.close(status.withDescription(told.getStatus().getDescription()), trailers);
        } else {
            Optional<MicroError> error = MicroError.from(status, trailers);
            call.close(
                    error.map(MicroError::detail).map(status::withDescription).orElse(status), trailers);
        }
    }

    /** How grpc-java shows an exception that is no status. */
    private static boolean unexpected(Status status) {
        return status.getCode() == Status.Code.UNKNOWN && status.getDescription() == null && status.getCause() != null;
    }

    private Status hidden(Status status) {
        long now = System.nanoTime();
        long next = nextLog.get();
        if (now - next >= 0 && nextLog.compareAndSet(next, now + LOG_EVERY)) {
            LOG.error("{} of {} failed", method, service, status.getCause());
        }
        return Status.INTERNAL.withDescription("internal error");
    }

    private static Status described(Status status) {
        return status.withDescription(Objects.requireNonNullElse(
                status.getDescription(), status.getCode().name()));
    }

    /** go-micro takes the first detail and ends badly when that is no error, so ours comes before the handler's own. */
    private static void merge(Metadata trailers, @Nullable Metadata ours) {
        com.google.rpc.Status error = ours == null ? null : ours.get(DETAILS);
        if (error == null) {
            return;
        }
        com.google.rpc.Status others = others(trailers);
        com.google.rpc.Status.Builder merged = error.toBuilder();
        if (others != null) {
            others.getDetailsList().stream()
                    .filter(detail -> !detail.equals(error.getDetails(0)))
                    .forEach(merged::addDetails);
        }
        trailers.discardAll(DETAILS);
        trailers.put(DETAILS, merged.build());
    }

    private static com.google.rpc.@Nullable Status others(Metadata trailers) {
        try {
            return trailers.get(DETAILS);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
