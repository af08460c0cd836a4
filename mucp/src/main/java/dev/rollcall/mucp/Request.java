package dev.rollcall.mucp;

import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import dev.rollcall.rpc.Methods;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How the requests of one call look. */
final class Request<Q> {
    private static final String PROBE = "RollcallStreamOver.Probe";
    /** What a server says to {@link #probe()} when the stream is over. */
    static final String PROBE_ANSWER = "rpc: can't find service RollcallStreamOver";

    private final MessageCodec<Q> codec;
    private final ContentType type;
    private final String host;
    private final String service;
    private final String endpoint;
    private final String id;

    Request(MethodDescriptor<Q, ?> method, CallOptions options, String host, long id) {
        this.codec = MessageCodec.of(method.getRequestMarshaller());
        this.type = options.getOption(ContentType.OPTION);
        this.host = host;
        this.service = service(method, options.getAuthority());
        this.endpoint = Methods.endpoint(method);
        this.id = Long.toString(id);
    }

    /** What stands before the last label, as {@link Methods#raw} puts it there; go-micro's servers do not look at it. */
    private static String service(MethodDescriptor<?, ?> method, @Nullable String authority) {
        if (authority != null) {
            return authority;
        }
        String full = String.valueOf(method.getServiceName());
        int dot = full.lastIndexOf('.');
        return dot < 0 ? full : full.substring(0, dot);
    }

    ContentType type() {
        return type;
    }

    byte[] bytes(Q message) {
        return codec.write(type, message);
    }

    /** A unary call's only request. */
    FullHttpRequest unary(Metadata metadata, byte[] body, @Nullable Deadline deadline) {
        return timed(request(metadata, Unpooled.wrappedBuffer(body)), deadline);
    }

    /** Opens a stream; the server reads its headers only. */
    FullHttpRequest opening(Metadata metadata, @Nullable Deadline deadline) {
        FullHttpRequest request = timed(request(metadata, Unpooled.EMPTY_BUFFER), deadline);
        request.headers().set(MicroHeaders.STREAM, id);
        return request;
    }

    FullHttpRequest message(byte[] body) {
        FullHttpRequest request = request(new Metadata(), Unpooled.wrappedBuffer(body));
        request.headers().set(MicroHeaders.STREAM, id);
        return request;
    }

    FullHttpRequest endOfStream() {
        FullHttpRequest request = message(new byte[0]);
        request.headers().set(MicroHeaders.ERROR, MicroHeaders.END_OF_STREAM);
        return request;
    }

    /**
     * Asks whether the server still knows the stream: if it does, this is one more message of it, which nobody reads any more after
     * its end; if not, it is a call of something that no server has.
     */
    FullHttpRequest probe() {
        FullHttpRequest request = message(new byte[0]);
        request.headers().set(MicroHeaders.ENDPOINT, PROBE).set(MicroHeaders.METHOD, PROBE);
        return request;
    }

    private FullHttpRequest request(Metadata metadata, ByteBuf body) {
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/", body);
        HttpHeaders headers = request.headers();
        UserMetadata.write(metadata, headers);
        headers.set(HttpHeaderNames.HOST, host)
                .set(HttpHeaderNames.USER_AGENT, "rollcall")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.ACCEPT, type.overHttp())
                .set(HttpHeaderNames.CONTENT_TYPE, type.overHttp())
                .set(MicroHeaders.ENDPOINT, endpoint)
                .set(MicroHeaders.ID, id)
                .set(MicroHeaders.METHOD, endpoint)
                .set(MicroHeaders.SERVICE, HeaderText.encode(service));
        return request;
    }

    private static FullHttpRequest timed(FullHttpRequest request, @Nullable Deadline deadline) {
        if (deadline != null) {
            request.headers()
                    .set(
                            MicroHeaders.TIMEOUT,
                            Long.toString(Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS))));
        }
        return request;
    }
}
