package dev.rollcall.mucp;

import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MicroError;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The first request of a call: what it asks for, and what go-micro's servers answer when that cannot be. */
final class Incoming {
    private static final int LONGEST_DETAIL = 4000;

    private final MucpServer server;
    private final ServerConnection connection;
    private final FullHttpRequest request;
    private final HttpHeaders headers;

    Incoming(MucpServer server, ServerConnection connection, FullHttpRequest request) {
        this.server = server;
        this.connection = connection;
        this.request = request;
        this.headers = request.headers();
    }

    /** Begins the call or answers why not. */
    void serve() {
        String contentType = contentType(headers);
        ContentType type = ContentType.parse(contentType).orElse(null);
        if (type == null) {
            connection.answer(
                    Reply.plain(HttpResponseStatus.OK, "unsupported Content-Type: " + Text.plain(contentType)));
            return;
        }
        Reply reply = Reply.to(headers, contentType, type);
        if (MicroHeaders.find(headers, MicroHeaders.TOPIC) != null) {
            refuse(reply, 501, "Micro-Topic: messages of a topic are not taken here (expected: a call)");
            return;
        }
        String endpoint = MicroHeaders.find(headers, MicroHeaders.ENDPOINT);
        endpoint = endpoint == null ? MicroHeaders.find(headers, MicroHeaders.METHOD) : endpoint;
        if (endpoint == null) {
            boolean legacy = MicroHeaders.find(headers, MicroHeaders.SERVICE) == null;
            refuse(
                    reply,
                    400,
                    "no Micro-Endpoint header (expected: Micro-Endpoint: Service.Method"
                            + (legacy ? "; the older json-rpc and proto-rpc are not spoken here)" : ")"));
            return;
        }
        ServerMethodDefinition<?, ?> method = server.methods().find(endpoint);
        String[] labels = endpoint.split("\\.", -1);
        if (labels.length != 2 || labels[0].isEmpty() || labels[1].isEmpty()) {
            refuse(reply, "rpc: service/endpoint request ill-formed: " + Text.plain(endpoint));
        } else if (method == null) {
            refuse(
                    reply,
                    server.methods().hasService(labels[0])
                            ? "rpc: can't find method " + Text.plain(labels[1])
                            : "rpc: can't find service " + Text.plain(labels[0]));
        } else {
            begin(reply, endpoint, method);
        }
    }

    private void begin(Reply reply, String endpoint, ServerMethodDefinition<?, ?> method) {
        if (method.getMethodDescriptor().getType() != MethodType.UNARY && reply.stream() == null) {
            refuse(reply, 400, endpoint + ": is a stream (expected: a Micro-Stream header)");
            return;
        }
        String timeout = headers.get(MicroHeaders.TIMEOUT);
        OptionalLong nanos = timeout == null ? OptionalLong.empty() : nanos(timeout);
        if (timeout != null && nanos.isEmpty()) {
            refuse(
                    reply,
                    400,
                    "timeout: " + Text.quote(timeout) + " (expected: nanoseconds, 0 to " + Long.MAX_VALUE + ")");
            return;
        }
        new ServerExchange<>(server, connection, method, reply, headers, nanos)
                .start(ByteBufUtil.getBytes(request.content()));
    }

    private static OptionalLong nanos(String text) {
        try {
            long nanos = Long.parseLong(text);
            return nanos < 0 || text.startsWith("+") ? OptionalLong.empty() : OptionalLong.of(nanos);
        } catch (NumberFormatException other) {
            return OptionalLong.empty();
        }
    }

    private void refuse(Reply reply, int code, String detail) {
        refuse(reply, MicroError.of(server.service(), code, detail).json());
    }

    private void refuse(Reply reply, String text) {
        connection.answer(reply.error(text, new Metadata()));
    }

    private static String contentType(HttpHeaders headers) {
        String given = headers.get(HttpHeaderNames.CONTENT_TYPE);
        return given == null || given.isEmpty() ? ContentType.PROTO.overHttp() : given;
    }

    /** The answer to a request of which only the headers are known. */
    static FullHttpResponse errorTo(HttpHeaders headers, Status status, String service) {
        String contentType = contentType(headers);
        ContentType type = ContentType.parse(contentType).orElse(ContentType.PROTO);
        return Reply.to(headers, type.overHttp(), type).error(text(status, null, service), new Metadata());
    }

    /** A status as go-micro's clients read it: JSON. */
    static String text(Status status, @Nullable Metadata trailers, String service) {
        MicroError error = MicroError.from(status, trailers, service);
        if (error.detail().length() > LONGEST_DETAIL) {
            String cut = error.detail().substring(0, LONGEST_DETAIL) + "...";
            error = new MicroError(error.id(), error.code(), cut, error.status());
        }
        return error.json();
    }
}
