package dev.rollcall.mucp;

import dev.rollcall.rpc.Methods;
import dev.rollcall.rpc.ServiceHost;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A listening server: its connections, what it serves, and the threads for both. Safe for use by many threads. */
final class MucpServer implements ServiceHost.Listening {
    private static final Duration TO_CLOSE = Duration.ofSeconds(2);

    private final String service;
    private final Methods methods;
    private final MucpLimits limits;
    private final Executor handlers;
    private final @Nullable ThreadPoolExecutor ownHandlers;
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            new DefaultThreadFactory("rollcall-mucp-server", true), NioIoHandler.newFactory());
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final Channel listening;
    private volatile boolean leaving;

    /**
     * Listens.
     *
     * @param service signs errors
     * @param executor for the handlers; null for threads of its own
     */
    static MucpServer start(
            InetSocketAddress address, String service, Methods methods, MucpLimits limits, @Nullable Executor executor)
            throws IOException {
        return new MucpServer(address, service, methods, limits, executor);
    }

    private MucpServer(
            InetSocketAddress address, String service, Methods methods, MucpLimits limits, @Nullable Executor executor)
            throws IOException {
        this.service = service;
        this.methods = methods;
        this.limits = limits;
        ThreadPoolExecutor own = executor == null ? threads(limits.connections()) : null;
        this.ownHandlers = own;
        this.handlers = own == null ? Objects.requireNonNull(executor) : own;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        Http.server(channel, limits, new ServerConnection(MucpServer.this, channel));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            end();
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
        listening = bound.channel();
    }

    private static ThreadPoolExecutor threads(int most) {
        return new ThreadPoolExecutor(
                0,
                most,
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new DefaultThreadFactory("rollcall-mucp-handler", true));
    }

    @Override
    public int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    String service() {
        return service;
    }

    Methods methods() {
        return methods;
    }

    MucpLimits limits() {
        return limits;
    }

    Executor handlers() {
        return handlers;
    }

    int connected() {
        return connections.size();
    }

    void opened(ServerConnection connection) {
        connections.add(connection);
        if (leaving || connections.size() > limits.connections()) {
            Http.close(connection.channel());
        }
    }

    void closed(ServerConnection connection) {
        connections.remove(connection);
        synchronized (connections) {
            connections.notifyAll();
        }
    }

    /** Nobody asks a mucp server for its health. */
    @Override
    public void notServing() {}

    @Override
    public void finish(Duration atMost) {
        leaving = true;
        listening.close().awaitUninterruptibly();
        for (ServerConnection connection : connections) {
            connection.channel().eventLoop().execute(connection::leave);
        }
        awaitNoConnection(atMost);
        List.copyOf(connections).forEach(connection -> Http.close(connection.channel()));
        awaitNoConnection(TO_CLOSE); // the handlers of cut calls are told so, which needs their threads
        end();
    }

    private void awaitNoConnection(Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        synchronized (connections) {
            try {
                for (long left = atMost.toNanos(); !connections.isEmpty() && left > 0; left = end - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(connections, left);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void end() {
        var unused = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        if (ownHandlers != null) {
            ownHandlers.shutdown();
        }
    }
}
