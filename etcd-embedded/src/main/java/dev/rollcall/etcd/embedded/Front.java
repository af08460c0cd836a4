package dev.rollcall.etcd.embedded;

import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The listening port with its connections, from one cut to the next. */
final class Front implements AutoCloseable {
    private static final int MOST_STREAMS_PER_CONNECTION = 4_096;
    private static final int SECONDS_TO_END = 5;

    private final Server server;
    private final Connections connections;
    private final EventLoopGroup network;
    private final ExecutorService executor;
    private final Watches watches;

    private Front(
            Server server, Connections connections, EventLoopGroup network, ExecutorService executor, Watches watches) {
        this.server = server;
        this.connections = connections;
        this.network = network;
        this.executor = executor;
        this.watches = watches;
    }

    static Front open(
            EmbeddedEtcdBuilder settings,
            int port,
            Store store,
            Delay delay,
            BooleanSupplier drop,
            Supplier<String> endpoint)
            throws IOException {
        int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        // what still comes after the end is of no use to anybody
        ExecutorService executor = new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                daemons("rollcall-etcd"),
                new ThreadPoolExecutor.DiscardPolicy());
        EventLoopGroup network =
                new MultiThreadIoEventLoopGroup(0, daemons("rollcall-etcd-network"), NioIoHandler.newFactory());
        Connections connections = new Connections();
        Watches watches = new Watches(store, executor, drop);
        try {
            NettyServerBuilder builder = NettyServerBuilder.forAddress(
                            new InetSocketAddress(settings.address(), port), InsecureServerCredentials.create())
                    .channelFactory(connections::listening)
                    .bossEventLoopGroup(network)
                    .workerEventLoopGroup(network)
                    .executor(executor)
                    .maxInboundMessageSize(Fragments.MOST_BYTES)
                    .maxConcurrentCallsPerConnection(MOST_STREAMS_PER_CONNECTION)
                    .permitKeepAliveTime(5, TimeUnit.SECONDS)
                    .permitKeepAliveWithoutCalls(true)
                    .intercept(delay)
                    .addService(new KvService(store))
                    .addService(new LeaseService(store))
                    .addService(watches)
                    .addService(new MaintenanceService(store))
                    .addService(new ClusterService(store, endpoint))
                    .addService(new AuthService(store));
            if (settings.interceptor() != null) {
                builder.intercept(settings.interceptor());
            }
            return new Front(builder.build().start(), connections, network, executor, watches);
        } catch (IOException | RuntimeException e) {
            var unused = network.shutdownGracefully(0, SECONDS_TO_END, TimeUnit.SECONDS);
            executor.shutdownNow();
            throw e;
        }
    }

    int port() {
        return server.getPort();
    }

    void showProgress() {
        watches.showProgress();
    }

    /** Breaks every connection and waits until the port is free. */
    @Override
    public void close() {
        watches.close();
        try {
            connections.breakAll();
            server.shutdownNow();
            server.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var unused = network.shutdownGracefully(0, SECONDS_TO_END, TimeUnit.SECONDS);
        executor.shutdown();
    }

    static ThreadFactory daemons(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
