package dev.rollcall.rpc;

import io.grpc.CallOptions;
import java.util.Locale;
import java.util.Optional;

/**
 * How a message is written on the wire; go-micro's clients choose one per call.
 *
 * <pre>{@code
 * stub.withOption(ContentType.OPTION, ContentType.JSON)
 * }</pre>
 */
public enum ContentType {
    PROTO,
    JSON,
    BYTES;

    /** The caller's choice; without it a generated stub writes {@link #PROTO}. */
    public static final CallOptions.Key<ContentType> OPTION =
            CallOptions.Key.createWithDefault("dev.rollcall.content-type", PROTO);

    /** By the names that go-micro 1 to 6 take in either protocol; parameters ({@code ; charset=utf-8}) do not count. */
    public static Optional<ContentType> parse(String header) {
        int end = header.indexOf(';');
        String name = (end < 0 ? header : header.substring(0, end)).trim().toLowerCase(Locale.ROOT);
        return switch (name) {
            case "application/json", "application/grpc+json" -> Optional.of(JSON);
            case "application/protobuf", "application/proto", "application/grpc", "application/grpc+proto" ->
                Optional.of(PROTO);
            case "application/octet-stream", "application/grpc+bytes" -> Optional.of(BYTES);
            default -> Optional.empty();
        };
    }

    /** The header's text over gRPC, {@code application/grpc+json}. */
    public String overGrpc() {
        return "application/grpc+" + name().toLowerCase(Locale.ROOT);
    }

    /** The header's text over HTTP, {@code application/json}. */
    public String overHttp() {
        return switch (this) {
            case PROTO -> "application/protobuf";
            case JSON -> "application/json";
            case BYTES -> "application/octet-stream";
        };
    }
}
