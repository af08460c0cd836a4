package dev.rollcall.mucp;

import io.grpc.Status;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpContentException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a server: one call at a time. A read is always outstanding unless a request waits already, so the end of the
 * connection is seen during a call, and a peer cannot fill our memory.
 *
 * <p>Runs on its event loop, except {@link #write}, {@link #writeLast}, {@link #writable} and {@link #awaitWritable}.
 */
final class ServerConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int DRAIN_SECONDS = 5;

    private final MucpServer server;
    private final Channel channel;
    private @Nullable ServerExchange<?, ?> current;
    private final Queue<FullHttpRequest> waiting = new ArrayDeque<>();
    private @Nullable String endedStream;
    /** From the start of a request until its last answer is written. */
    private boolean busy;
    /** Whether to close once it is not busy. */
    private boolean leaving;
    /** What arrives now is only read so that our last answer is. */
    private boolean ending;

    private @Nullable Future<?> idle;

    ServerConnection(MucpServer server, Channel channel) {
        super(FullHttpRequest.class, false);
        this.server = server;
        this.channel = channel;
    }

    Channel channel() {
        return channel;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        server.opened(this);
        next();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (ending) {
            request.release();
        } else if (current != null && current.takes(request.headers())) {
            pass(request, current);
        } else if (busy) {
            waiting.add(request);
        } else {
            start(request);
        }
    }

    private static void pass(FullHttpRequest message, ServerExchange<?, ?> stream) {
        try {
            stream.received(message.headers(), ByteBufUtil.getBytes(message.content()));
        } finally {
            message.release();
        }
    }

    private void start(FullHttpRequest request) {
        stopIdling();
        busy = true;
        try {
            if (request.decoderResult().isFailure()) {
                refuse(request);
                return;
            }
            leaving |= !HttpUtil.isKeepAlive(request);
            if (leftFromStream(request)) {
                next();
                return;
            }
            new Incoming(server, this, request).serve();
        } finally {
            request.release();
        }
    }

    /** Messages of a stream that ended here before its caller knew, and the caller's own end of it. */
    private boolean leftFromStream(FullHttpRequest request) {
        String stream = MicroHeaders.find(request.headers(), MicroHeaders.STREAM);
        return stream != null
                && (stream.equals(endedStream)
                        || MicroHeaders.END_OF_STREAM.equals(MicroHeaders.find(request.headers(), MicroHeaders.ERROR)));
    }

    /** What cannot be read any further is answered as far as it was understood; then the connection ends. */
    private void refuse(FullHttpRequest request) {
        Throwable cause = request.decoderResult().cause();
        if (cause instanceof TooLongHttpContentException) {
            Status status = Status.RESOURCE_EXHAUSTED.withDescription(
                    "message: over " + server.limits().messageBytes() + " bytes (expected: at most that)");
            answerAndLeave(Incoming.errorTo(request.headers(), status, server.service()));
        } else if (cause instanceof TooLongHttpHeaderException) {
            answerAndLeave(Reply.plain(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "headers: over " + MucpLimits.HEADER_BYTES + " bytes (expected: at most that)"));
        } else {
            answerAndLeave(Reply.plain(HttpResponseStatus.BAD_REQUEST, "not HTTP/1.1"));
        }
    }

    /** A call is under way from now on; the read is for its stream, or tells that the caller is gone. */
    void begin(ServerExchange<?, ?> call) {
        current = call;
        for (FullHttpRequest next = waiting.peek(); next != null && call.takes(next.headers()); next = waiting.peek()) {
            pass(waiting.remove(), call);
        }
        readMore();
    }

    /** From any thread. */
    void readMore() {
        if (!channel.eventLoop().inEventLoop()) {
            try {
                channel.eventLoop().execute(this::readMore);
            } catch (RejectedExecutionException over) {
                // The server has ended, and its connections with it.
            }
        } else if (waiting.isEmpty()) {
            channel.read();
        }
    }

    /** The answer to a request that begins no call. */
    void answer(FullHttpResponse response) {
        writeLast(response, written -> next());
    }

    /** The last answer of the current call has been written, or never will be. */
    void ended(ServerExchange<?, ?> call) {
        if (current == call) {
            current = null;
            endedStream = call.streamId();
            next();
        }
    }

    private void next() {
        busy = false;
        if (leaving) {
            Http.close(channel);
            return;
        }
        FullHttpRequest request = waiting.poll();
        if (request == null) {
            startIdling();
            channel.read();
        } else {
            start(request);
        }
    }

    private void startIdling() {
        stopIdling();
        idle = channel.eventLoop()
                .schedule(() -> Http.close(channel), server.limits().idle().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void stopIdling() {
        if (idle != null) {
            idle.cancel(false);
            idle = null;
        }
    }

    /**
     * Closing at once with bytes unread would reset the connection, and the caller might lose the answer: it is read to its end,
     * for a moment at most.
     */
    private void answerAndLeave(FullHttpResponse response) {
        leaving = true;
        ending = true;
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        channel.writeAndFlush(response).addListener((ChannelFuture written) -> {
            if (written.isSuccess() && channel instanceof DuplexChannel duplex) {
                var unused = duplex.shutdownOutput();
                channel.config().setAutoRead(true);
                idle = channel.eventLoop().schedule(() -> Http.close(channel), DRAIN_SECONDS, TimeUnit.SECONDS);
            } else {
                Http.close(channel);
            }
        });
    }

    /** Ends as soon as no call is under way. */
    void leave() {
        leaving = true;
        if (!busy) {
            Http.close(channel);
        }
    }

    /** One of several answers; when it cannot be written, the connection ends. */
    void write(FullHttpResponse response) {
        var unused = channel.writeAndFlush(response, channel.voidPromise());
    }

    /** The last answer of a call; then runs the task, on the event loop, with whether it was written. */
    void writeLast(FullHttpResponse response, Consumer<Boolean> then) {
        Runnable write = () -> channel.writeAndFlush(response).addListener((ChannelFuture written) -> {
            if (!written.isSuccess()) {
                Http.close(channel);
            }
            then.accept(written.isSuccess());
        });
        try {
            channel.eventLoop().execute(write);
        } catch (RejectedExecutionException over) {
            response.release();
            then.accept(false);
        }
    }

    boolean writable() {
        return channel.isWritable();
    }

    /**
     * Waits while more is on its way to the caller than it reads; until the connection ends, at the latest when a write makes no
     * progress for the idle time, or the call.
     */
    synchronized void awaitWritable(AtomicBoolean ended) {
        while (!channel.isWritable()
                && channel.isActive()
                && !ended.get()
                && !channel.eventLoop().inEventLoop()) {
            try {
                wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    synchronized void wake() {
        notifyAll();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        wake();
        if (current != null && channel.isWritable()) {
            current.writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stopIdling();
        waiting.forEach(FullHttpRequest::release);
        waiting.clear();
        if (current != null) {
            current.disconnected();
        }
        wake();
        server.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // The peer reset it, does not read, or sends what is no HTTP: nothing more can be said to it.
        Http.close(channel);
    }
}
