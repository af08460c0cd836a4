package dev.rollcall.mucp;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** The names of the headers that frame a call, and how they are read. */
final class MicroHeaders {
    static final String SERVICE = "Micro-Service";
    static final String METHOD = "Micro-Method";
    static final String ENDPOINT = "Micro-Endpoint";
    static final String ID = "Micro-Id";
    static final String STREAM = "Micro-Stream";
    static final String ERROR = "Micro-Error";
    static final String TOPIC = "Micro-Topic";
    static final String TIMEOUT = "Timeout";
    /** Each header above is also known by this prefix and its name. */
    static final String TWIN = "X-";
    /** What {@link #ERROR} says when a side of a stream is done. */
    static final String END_OF_STREAM = "EOS";

    private MicroHeaders() {}

    /** The header or else its twin; null when neither says anything. */
    static @Nullable String find(HttpHeaders headers, String name) {
        String value = headers.get(name);
        if (value == null || value.isEmpty()) {
            value = headers.get(TWIN + name);
        }
        return value == null || value.isEmpty() ? null : HeaderText.decode(value);
    }
}
