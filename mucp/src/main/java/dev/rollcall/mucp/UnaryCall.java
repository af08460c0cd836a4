package dev.rollcall.mucp;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.handler.codec.http.FullHttpResponse;
import org.jspecify.annotations.Nullable;

/** One request, one answer, on a connection of the pool. */
final class UnaryCall<Q, R> extends MucpCall<Q, R> {
    private final MethodDescriptor<Q, R> method;
    private final Request<Q> request;
    private byte[] body = new byte[0];
    private @Nullable ClientConnection connection;
    private boolean repeated;

    UnaryCall(
            MucpChannel channel,
            ConnectionPool pool,
            MethodDescriptor<Q, R> method,
            CallOptions options,
            Request<Q> request) {
        super(channel, pool, method, options, request.type());
        this.method = method;
        this.request = request;
    }

    @Override
    public void sendMessage(Q message) {
        body = request.bytes(message);
    }

    @Override
    public void halfClose() {
        begin();
    }

    @Override
    void begun() {
        pool().acquire(this);
    }

    @Override
    public void ready(ClientConnection given) {
        if (over()) {
            pool().release(given);
            return;
        }
        connection = given;
        open(given, () -> request.unary(headers(), body, deadline()));
    }

    @Override
    public void received(FullHttpResponse response) {
        Answer answer = read(response);
        ClientConnection used = connection;
        connection = null;
        if (used != null) {
            pool().release(used);
        }
        Status end = answer.end();
        if (end == null) {
            arrived(answer);
            ended(Status.OK, new Metadata());
        } else {
            ended(end, answer.metadata());
        }
    }

    /**
     * The server may have closed a kept connection just when we wrote to it. Whether it read the request nobody knows, so only
     * what may be done twice is sent again.
     */
    @Override
    public void broken(Status status) {
        ClientConnection broken = connection;
        connection = null;
        boolean again = (method.isIdempotent() || method.isSafe()) && !repeated;
        if (broken != null && broken.used() && again) {
            repeated = true;
            onLoop(this::begun);
        } else {
            failed(status);
        }
    }

    @Override
    void abandon() {
        if (connection != null) {
            Http.close(connection.channel());
            connection = null;
        } else {
            pool().forget(this);
        }
    }

    @Override
    public void empty() {}

    @Override
    public void writable() {}
}
