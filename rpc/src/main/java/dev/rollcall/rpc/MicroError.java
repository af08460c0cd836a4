package dev.rollcall.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.rollcall.rpc.ErrorsProto.Error;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The error of go-micro's RPC protocols ({@code errors.Error}), and how it travels in a gRPC status without loss.
 *
 * <pre>{@code
 * throw MicroError.of("svc.user.agent", 401, "wrong password").toException();
 * ...
 * MicroError error = MicroError.from(thrown).orElseThrow();
 * }</pre>
 *
 * <p>In gRPC it is the first of the status details, and as JSON the message, where go-micro 1 looks for it.
 *
 * @param id who made it: by go-micro's custom the name of the service
 * @param code an HTTP status code; 0 when only a text is known
 * @param detail what happened
 * @param status the words for the code, {@code Bad Request}
 */
public record MicroError(String id, int code, String detail, String status) {
    private static final Metadata.Key<com.google.rpc.Status> DETAILS = Metadata.Key.of(
            "grpc-status-details-bin", ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));
    private static final JsonFormat.Printer TO_JSON = JsonFormat.printer()
            .alwaysPrintFieldsWithNoPresence()
            .omittingInsignificantWhitespace()
            .preservingProtoFieldNames();
    private static final JsonFormat.Parser FROM_JSON = JsonFormat.parser().ignoringUnknownFields();
    private static final int LONGEST = 64 * 1024;

    public MicroError {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(status, "status");
    }

    /** An error with the usual words for its code. */
    public static MicroError of(String id, int code, String detail) {
        return new MicroError(id, code, detail, MicroCodes.words(code));
    }

    /**
     * An error as go-micro 1 to 6 write it as text: JSON, or else a plain text, which is then the detail of an error without a
     * code.
     */
    public static MicroError parse(String text) {
        return json(text).orElseGet(() -> new MicroError("", 0, text, ""));
    }

    /** The error in what a call threw: a gRPC status with one in its details or its message, anywhere among the causes. */
    public static Optional<MicroError> from(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException failed) {
                return from(failed.getStatus(), failed.getTrailers());
            }
            if (cause instanceof StatusException failed) {
                return from(failed.getStatus(), failed.getTrailers());
            }
        }
        return Optional.empty();
    }

    /** The error in a status and its trailers: in the details, or as JSON with a code in the message, as go-micro looks for it. */
    public static Optional<MicroError> from(Status status, @Nullable Metadata trailers) {
        Optional<MicroError> detailed = trailers == null ? Optional.empty() : inDetails(trailers);
        return detailed.isPresent()
                ? detailed
                : Optional.ofNullable(status.getDescription())
                        .flatMap(MicroError::json)
                        .filter(error -> error.code > 0);
    }

    /** The error in a status, or one made of it: for a protocol that knows no other errors. */
    public static MicroError from(Status status, @Nullable Metadata trailers, String id) {
        return from(status, trailers)
                .orElseGet(() -> new MicroError(
                        id,
                        MicroCodes.of(status.getCode()),
                        Objects.requireNonNullElse(status.getDescription(), ""),
                        MicroCodes.words(status.getCode())));
    }

    private static Optional<MicroError> inDetails(Metadata trailers) {
        try {
            com.google.rpc.Status details = trailers.get(DETAILS);
            if (details == null
                    || details.getDetailsCount() == 0
                    || !details.getDetails(0).is(Error.class)) {
                return Optional.empty();
            }
            return Optional.of(of(details.getDetails(0).unpack(Error.class)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    private static Optional<MicroError> json(String text) {
        if (!text.startsWith("{") || text.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            Error.Builder error = Error.newBuilder();
            FROM_JSON.merge(text, error);
            return Optional.of(of(error.build()));
        } catch (InvalidProtocolBufferException | RuntimeException other) {
            return Optional.empty();
        }
    }

    private static MicroError of(Error error) {
        return new MicroError(error.getId(), error.getCode(), error.getDetail(), error.getStatus());
    }

    private Error proto() {
        return Error.newBuilder()
                .setId(id)
                .setCode(code)
                .setDetail(detail)
                .setStatus(status)
                .build();
    }

    /** {@code {"id":"svc","code":400,"detail":"...","status":"Bad Request"}}, as Go writes it. */
    public String json() {
        try {
            return TO_JSON.print(proto());
        } catch (InvalidProtocolBufferException impossible) {
            throw new IllegalStateException("an error has no Any in it", impossible);
        }
    }

    /** The gRPC code for this error: go-micro's table, or the one that {@link #status()} names. */
    public Code grpcCode() {
        return MicroCodes.toGrpc(code, status);
    }

    /** As a gRPC status with this error in its details and, as JSON, in its message; one without a code has its detail there. */
    public StatusRuntimeException toException() {
        Metadata trailers = new Metadata();
        Code grpc = grpcCode();
        if (code == 0) {
            return grpc.toStatus().withDescription(detail).asRuntimeException();
        }
        String json = json();
        trailers.put(
                DETAILS,
                com.google.rpc.Status.newBuilder()
                        .setCode(grpc.value())
                        .setMessage(json)
                        .addDetails(Any.pack(proto()))
                        .build());
        return grpc.toStatus().withDescription(json).asRuntimeException(trailers);
    }
}
