package dev.rollcall.grpc;

import dev.rollcall.rpc.ContentType;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/** gRPC's metadata and status as HTTP/2 headers, and back. */
final class HttpHeaders {
    private static final Set<String> NOT_METADATA = Set.of(
            "content-type", "content-length", "transfer-encoding", "connection", "host", "upgrade", "te", "user-agent");
    private static final Metadata.Key<String> STATUS = ascii("grpc-status");
    private static final Metadata.Key<String> MESSAGE = ascii("grpc-message");
    private static final String AGENT = "grpc-java-rollcall";

    private HttpHeaders() {}

    /** The headers of a request. Throws IllegalArgumentException when a value cannot be a header. */
    static Headers of(Metadata metadata, ContentType type, @Nullable Deadline deadline) {
        Headers.Builder headers = new Headers.Builder()
                .add("content-type", type.overGrpc())
                .add("te", "trailers")
                .add("user-agent", AGENT)
                .add("accept-encoding", "identity");
        if (deadline != null) {
            headers.add("grpc-timeout", timeout(deadline));
        }
        for (String name : metadata.keys()) {
            if (NOT_METADATA.contains(name) || (name.startsWith("grpc-") && !name.endsWith("-bin"))) {
                continue;
            }
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                for (byte[] value : all(metadata, Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER))) {
                    headers.add(name, Base64.getEncoder().withoutPadding().encodeToString(value));
                }
            } else {
                for (String value : all(metadata, ascii(name))) {
                    headers.add(name, value);
                }
            }
        }
        return headers.build();
    }

    private static <T> Iterable<T> all(Metadata metadata, Metadata.Key<T> key) {
        Iterable<T> values = metadata.getAll(key);
        return values == null ? Set.of() : values;
    }

    /** At most eight digits, as gRPC wants it. */
    private static String timeout(Deadline deadline) {
        long micros = Math.max(1, deadline.timeRemaining(TimeUnit.MICROSECONDS));
        return micros < 100_000_000 ? micros + "u" : Math.min(99_999_999, TimeUnit.MICROSECONDS.toMillis(micros)) + "m";
    }

    /** The metadata in an answer's headers or trailers; values that are not what their name says are left out. */
    static Metadata metadata(Headers headers) {
        Metadata metadata = new Metadata();
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i).toLowerCase(Locale.ROOT);
            try {
                add(metadata, name, headers.value(i));
            } catch (IllegalArgumentException malformed) {
                // it is the sender's, and nothing depends on it
            }
        }
        return metadata;
    }

    private static void add(Metadata metadata, String name, String text) {
        if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            metadata.put(ascii(name), text);
            return;
        }
        Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
        for (String value : text.split(",", -1)) {
            metadata.put(key, Base64.getDecoder().decode(value.trim()));
        }
    }

    /** The status in trailers, which it leaves. */
    static Status status(Metadata trailers) {
        String code = trailers.get(STATUS);
        String message = trailers.get(MESSAGE);
        trailers.discardAll(STATUS);
        trailers.discardAll(MESSAGE);
        if (code == null || !code.matches("[0-9]{1,3}")) {
            return Status.INTERNAL.withDescription("answer: without grpc-status");
        }
        Status status = Status.fromCodeValue(Integer.parseInt(code));
        return message == null || message.isEmpty() ? status : status.withDescription(decoded(message));
    }

    /** For an answer that is not gRPC: the code that gRPC's specification gives to an HTTP status. */
    static Status status(int http) {
        return switch (http) {
            case 400 -> Status.INTERNAL;
            case 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 404 -> Status.UNIMPLEMENTED;
            case 429, 502, 503, 504 -> Status.UNAVAILABLE;
            default -> Status.UNKNOWN;
        };
    }

    /** Percent-decoded UTF-8; what is not properly encoded stays as it is. */
    private static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            } else {
                bytes.write(high << 4 | low);
                i += 2;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Metadata.Key<String> ascii(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
