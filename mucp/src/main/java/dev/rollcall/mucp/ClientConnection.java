package dev.rollcall.mucp;

import io.grpc.Status;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import org.jspecify.annotations.Nullable;

/** One connection of a client, used by one call at a time. Runs on its event loop. */
final class ClientConnection extends SimpleChannelInboundHandler<FullHttpResponse> {
    /** The call that uses a connection. */
    interface User {
        /** What arrived; it is only valid during the call. */
        void received(FullHttpResponse response);

        /** More may be written. */
        void writable();

        /** The connection ended. */
        void broken(Status status);
    }

    private final ConnectionPool pool;
    private final Channel channel;
    private final boolean pooled;
    private @Nullable User user;
    private boolean used;
    private boolean last;
    private long idleSince;
    private Status problem = Status.UNAVAILABLE.withDescription("connection: closed by the server before its answer");

    /** Pooled ones serve many unary calls, the others one stream. */
    ClientConnection(ConnectionPool pool, Channel channel, boolean pooled) {
        this.pool = pool;
        this.channel = channel;
        this.pooled = pooled;
    }

    boolean pooled() {
        return pooled;
    }

    Channel channel() {
        return channel;
    }

    /** The call that everything that arrives is for; null gives the connection back. */
    void use(@Nullable User next) {
        if (next == null) {
            used = true;
            idleSince = System.nanoTime();
        }
        user = next;
        channel.read(); // for its answers, or to see that the server closes
    }

    /** Whether it served a call before, and so may be one that the server is just closing. */
    boolean used() {
        return used;
    }

    long idleSince() {
        return idleSince;
    }

    /** Whether another call may use it. */
    boolean reusable() {
        return channel.isActive() && !last;
    }

    void send(FullHttpRequest request) {
        var unused = channel.writeAndFlush(request).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel.read();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
        boolean informational = response.status().code() / 100 == 1;
        if (informational && !response.decoderResult().isFailure()) {
            channel.read();
            return;
        }
        last |= !HttpUtil.isKeepAlive(response) || response.decoderResult().isFailure();
        User to = user;
        if (to == null) {
            Http.close(channel); // an answer that nobody asked for
        } else {
            to.received(response);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (user != null && channel.isWritable()) {
            user.writable();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        problem = Status.UNAVAILABLE
                .withDescription("connection: broken before the answer")
                .withCause(cause);
        Http.close(channel);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        User told = user;
        user = null;
        pool.closed(this);
        if (told != null) {
            told.broken(problem);
        }
    }
}
