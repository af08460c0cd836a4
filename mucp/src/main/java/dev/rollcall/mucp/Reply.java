package dev.rollcall.mucp;

import dev.rollcall.rpc.ContentType;
import io.grpc.Metadata;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How the answers to one request look: always status 200, and of the request's headers only those that frame the answer, since
 * an echo would give away its credentials.
 */
record Reply(
        String contentType,
        ContentType type,
        @Nullable String id,
        @Nullable String stream) {
    /** In Micro-Error and its twin, which share the header limit of 64 KiB with everything else. */
    private static final int LONGEST_ERROR = 16 * 1024;

    static Reply to(HttpHeaders request, String contentType, ContentType type) {
        return new Reply(
                contentType,
                type,
                MicroHeaders.find(request, MicroHeaders.ID),
                MicroHeaders.find(request, MicroHeaders.STREAM));
    }

    FullHttpResponse message(byte[] body, Metadata metadata) {
        FullHttpResponse response = response(Unpooled.wrappedBuffer(body));
        UserMetadata.write(metadata, response.headers());
        frame(response.headers());
        return response;
    }

    /** An error, or the end of a stream: text in a header, no body. */
    FullHttpResponse error(String text, Metadata metadata) {
        FullHttpResponse response = message(new byte[0], metadata);
        String value = HeaderText.encode(text);
        value = value.length() > LONGEST_ERROR ? value.substring(0, LONGEST_ERROR) : value;
        response.headers().set(MicroHeaders.ERROR, value).set(MicroHeaders.TWIN + MicroHeaders.ERROR, value);
        return response;
    }

    private void frame(HttpHeaders headers) {
        headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        if (id != null) {
            String value = HeaderText.encode(id);
            headers.set(MicroHeaders.ID, value).set(MicroHeaders.TWIN + MicroHeaders.ID, value);
        }
        if (stream != null) {
            headers.set(MicroHeaders.STREAM, HeaderText.encode(stream));
        }
    }

    /** What go-micro answers to a content type it does not know: no mucp at all. */
    static FullHttpResponse plain(HttpResponseStatus status, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
        return response;
    }

    private static FullHttpResponse response(ByteBuf body) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
        response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        return response;
    }
}
