package dev.rollcall.etcd.embedded;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFuture;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open connections, which can be broken as a network breaks them: without a word. */
final class Connections {
    private static final int MILLIS_TO_BREAK = 1_000;

    private final Set<Channel> open = ConcurrentHashMap.newKeySet();

    /** A channel that listens and notes whom it lets in. */
    ServerChannel listening() {
        return new Listening();
    }

    /** Breaks all. A server that ends would tell every client first that it cancels. */
    void breakAll() throws InterruptedException {
        List<ChannelFuture> broken = open.stream().map(Connections::breakOff).toList();
        for (ChannelFuture future : broken) {
            future.await(MILLIS_TO_BREAK);
        }
    }

    private static ChannelFuture breakOff(Channel connection) {
        // the first context is next to the network: what would say goodbye is behind it, if it is there already
        ChannelHandlerContext first = connection.pipeline().firstContext();
        return first == null ? connection.close() : first.close();
    }

    private final class Listening extends NioServerSocketChannel {
        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int count = super.doReadMessages(accepted);
            for (Object connection : accepted) {
                Channel channel = (Channel) connection;
                if (open.add(channel)) {
                    var unused = channel.closeFuture().addListener(closed -> open.remove(channel));
                }
            }
            return count;
        }
    }
}
