package dev.rollcall.mucp;

import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MicroError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpContentException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a server answered: a message, or how the call ended. */
final class Answer {
    /** go-micro's texts begin so when it has no such service or method. */
    private static final String NOT_FOUND = "rpc: can't find ";

    private final @Nullable Status end;
    private final Metadata metadata;
    private final ContentType type;
    private final byte[] body;

    private Answer(@Nullable Status end, Metadata metadata, ContentType type, byte[] body) {
        this.end = end;
        this.metadata = metadata;
        this.type = type;
        this.body = body;
    }

    /** Null for a message. */
    @Nullable
    Status end() {
        return end;
    }

    /** The server's headers; those of a go-micro server are the request's for the most part. */
    Metadata metadata() {
        return metadata;
    }

    ContentType type() {
        return type;
    }

    byte[] body() {
        return body;
    }

    static Answer read(FullHttpResponse response, ContentType asked) {
        if (response.decoderResult().isFailure()) {
            return ended(unreadable(response.decoderResult().cause()), new Metadata());
        }
        Metadata metadata = UserMetadata.read(response.headers());
        String contentType = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
        String error = MicroHeaders.find(response.headers(), MicroHeaders.ERROR);
        if (!response.status().equals(HttpResponseStatus.OK)) {
            return ended(status(response), metadata);
        }
        if (MicroHeaders.END_OF_STREAM.equals(error)) {
            return ended(Status.OK, metadata);
        }
        if (error != null) {
            return error(error, metadata);
        }
        Optional<ContentType> type = contentType == null ? Optional.of(asked) : ContentType.parse(contentType);
        return type.map(known -> new Answer(null, metadata, known, ByteBufUtil.getBytes(response.content())))
                .orElseGet(() -> ended(Status.UNKNOWN.withDescription(text(response)), metadata));
    }

    private static Answer ended(Status status, Metadata metadata) {
        return new Answer(status, metadata, ContentType.PROTO, new byte[0]);
    }

    private static Answer error(String text, Metadata metadata) {
        if (text.startsWith(NOT_FOUND)) {
            return ended(Status.UNIMPLEMENTED.withDescription(text), metadata);
        }
        StatusRuntimeException error = MicroError.parse(text).toException();
        Metadata trailers = Objects.requireNonNullElseGet(error.getTrailers(), Metadata::new);
        trailers.merge(metadata);
        return ended(error.getStatus(), trailers);
    }

    private static Status unreadable(Throwable cause) {
        return cause instanceof TooLongHttpContentException
                ? Status.RESOURCE_EXHAUSTED.withDescription("answer: over the limit of a message's size")
                : Status.INTERNAL.withDescription(
                        "answer: not HTTP/1.1: " + Text.plain(String.valueOf(cause.getMessage())));
    }

    /** go-micro's servers always say 200, so this is from another kind of server, a proxy for instance. */
    private static Status status(FullHttpResponse response) {
        int code = response.status().code();
        Status.Code mapped = switch (code) {
            case 413, 431 -> Status.Code.RESOURCE_EXHAUSTED;
            case 502, 504 -> Status.Code.UNAVAILABLE;
            default -> MicroError.of("", code, "").grpcCode();
        };
        return (mapped == Status.Code.OK ? Status.UNKNOWN : mapped.toStatus())
                .withDescription("HTTP status: " + code + " (expected: 200): " + text(response));
    }

    private static String text(FullHttpResponse response) {
        return Text.plain(response.content().toString(StandardCharsets.UTF_8).strip());
    }
}
