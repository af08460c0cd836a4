package dev.rollcall.mucp;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream, on a connection of its own. Requests and answers are not paired. The caller's half is closed by EOS, except after the
 * only message of a method that takes one: go-micro's clients do not send it there.
 *
 * <p>A go-micro server that was sent EOS never says when it is done itself, so from then on it is asked now and then whether it
 * still knows the stream.
 */
final class StreamCall<Q, R> extends MucpCall<Q, R> {
    /** What may wait to be written when the caller does not ask {@link #isReady()}. */
    private static final long MOST_WAITING_BYTES = 64L * 1024 * 1024;

    private static final long FIRST_PROBE_MS = 20;
    private static final long LATEST_PROBE_MS = 5000;

    private final MethodDescriptor<Q, R> method;
    private final Request<Q> request;
    /** Before the connection is there. */
    private final Queue<FullHttpRequest> early = new ArrayDeque<>();

    private long earlyBytes;
    private boolean probed;
    private volatile @Nullable ClientConnection connection;

    StreamCall(
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
    public void start(Listener<R> responses, Metadata given) {
        super.start(responses, given);
        begin();
    }

    @Override
    void begun() {
        pool().openStream(this);
    }

    @Override
    public void ready(ClientConnection given) {
        if (over()) {
            Http.close(given.channel());
            return;
        }
        connection = given;
        open(given, () -> request.opening(headers(), deadline()));
        early.forEach(given::send);
        early.clear();
        if (given.channel().isWritable()) {
            tellReady();
        }
    }

    @Override
    public void sendMessage(Q message) {
        byte[] bytes = request.bytes(message);
        onLoop(() -> send(request.message(bytes)));
    }

    @Override
    public void halfClose() {
        if (!method.getType().clientSendsOneMessage()) {
            onLoop(() -> {
                send(request.endOfStream());
                probeIn(FIRST_PROBE_MS);
            });
        }
    }

    private void probeIn(long millis) {
        var unused = pool().loop()
                .schedule(
                        () -> {
                            ClientConnection to = connection;
                            if (!over() && to != null && to.channel().isWritable()) {
                                probed = true;
                                to.send(request.probe());
                            }
                            if (!over()) {
                                probeIn(Math.min(2 * millis, LATEST_PROBE_MS));
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    private void send(FullHttpRequest message) {
        ClientConnection to = connection;
        long waiting;
        if (to == null) {
            early.add(message);
            earlyBytes += message.content().readableBytes();
            waiting = earlyBytes;
        } else {
            to.send(message);
            waiting = to.channel().bytesBeforeWritable();
        }
        if (waiting > MOST_WAITING_BYTES) {
            end(Status.RESOURCE_EXHAUSTED.withDescription("stream: over " + MOST_WAITING_BYTES
                    + " bytes wait to be written (expected: messages only when isReady())"));
        }
    }

    @Override
    public boolean isReady() {
        ClientConnection to = connection;
        return to != null && !over() && to.channel().isWritable();
    }

    @Override
    public void received(FullHttpResponse response) {
        Answer answer = read(response);
        Status end = answer.end();
        if (end == null) {
            arrived(answer);
        } else {
            boolean forgotten = probed && Request.PROBE_ANSWER.equals(end.getDescription());
            ended(forgotten ? Status.OK : end, answer.metadata());
            close();
        }
    }

    @Override
    public void empty() {
        ClientConnection from = connection;
        if (from != null) {
            var unused = from.channel().read();
        }
    }

    @Override
    public void writable() {
        tellReady();
    }

    @Override
    public void broken(Status status) {
        connection = null;
        failed(status);
    }

    @Override
    void abandon() {
        close();
    }

    private void close() {
        ClientConnection used = connection;
        connection = null;
        if (used != null) {
            Http.close(used.channel());
        }
    }
}
