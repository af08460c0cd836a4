package dev.rollcall.etcd.testing;

import dev.rollcall.testing.Ports;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A gRPC server that keeps its port from one start to the next. */
final class LoopbackServer {
    private static final int MAX_MESSAGE = 64 << 20;

    private final int port = Ports.free();
    private @Nullable Server server;

    String endpoint() {
        return "127.0.0.1:" + port;
    }

    void start(List<BindableService> services) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .directExecutor()
                .maxInboundMessageSize(MAX_MESSAGE);
        services.forEach(service -> builder.addService(ServerInterceptors.intercept(service, EtcdUsers.readHeaders())));
        try {
            server = builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(endpoint() + ": " + e.getMessage(), e);
        }
    }

    void stop() {
        Server running = server;
        server = null;
        if (running == null) {
            return;
        }
        try {
            // At once would say CANCELLED to the streams, which a dead etcd never does; calls left without an answer
            // get it.
            if (!running.shutdown().awaitTermination(200, TimeUnit.MILLISECONDS)) {
                running.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
