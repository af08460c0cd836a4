package dev.rollcall.mucp;

import io.grpc.Metadata;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What callers and handlers say to each other beside the message: gRPC metadata here, HTTP headers on the wire. Headers that
 * frame the call never pass, in neither direction, so that metadata cannot forge them.
 */
final class UserMetadata {
    private static final Set<String> FRAMING = Set.of(
            "accept",
            "accept-encoding",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-connection",
            "te",
            "timeout",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent");

    private UserMetadata() {}

    static Metadata read(HttpHeaders headers) {
        Metadata metadata = new Metadata();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!framing(name)) {
                put(metadata, name, header.getValue());
            }
        }
        return metadata;
    }

    private static void put(Metadata metadata, String name, String value) {
        try {
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
                for (String each : value.split(",", -1)) {
                    metadata.put(key, Base64.getDecoder().decode(each.trim()));
                }
            } else {
                metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), HeaderText.decode(value));
            }
        } catch (IllegalArgumentException unusable) {
            // A name that gRPC does not know, or bytes that are none: not for its handlers.
        }
    }

    static void write(Metadata metadata, HttpHeaders headers) {
        for (String name : metadata.keys()) {
            if (!framing(name)) {
                headers.set(canonical(name), values(metadata, name));
            }
        }
    }

    /** All of them in one, since go-micro reads only the first header of a name. */
    private static String values(Metadata metadata, String name) {
        StringBuilder all = new StringBuilder();
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            Iterable<byte[]> values = metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
            for (byte[] value : values == null ? Set.<byte[]>of() : values) {
                all.append(all.isEmpty() ? "" : ",").append(Base64.getEncoder().encodeToString(value));
            }
        } else {
            Iterable<String> values = metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
            for (String value : values == null ? Set.<String>of() : values) {
                all.append(all.isEmpty() ? "" : ", ").append(HeaderText.encode(value));
            }
        }
        return all.toString();
    }

    private static boolean framing(String name) {
        return FRAMING.contains(name)
                || name.startsWith("micro-")
                || name.startsWith("x-micro-")
                || name.startsWith("grpc-");
    }

    /** {@code X-User-Id} for {@code x-user-id}: Go knows headers by this form only. */
    private static String canonical(String name) {
        StringBuilder canonical = new StringBuilder(name);
        boolean first = true;
        for (int i = 0; i < name.length(); i++) {
            if (first) {
                canonical.setCharAt(i, Character.toUpperCase(name.charAt(i)));
            }
            first = name.charAt(i) == '-';
        }
        return canonical.toString();
    }
}
