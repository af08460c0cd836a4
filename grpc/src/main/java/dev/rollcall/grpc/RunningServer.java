package dev.rollcall.grpc;

import dev.rollcall.rpc.ServiceHost;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A gRPC server with its health and the timer for go-micro's deadlines. */
final class RunningServer implements ServiceHost.Listening {
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final Server server;
    private final HealthStatusManager health;
    private final ScheduledExecutorService timer;

    private RunningServer(Server server, HealthStatusManager health, ScheduledExecutorService timer) {
        this.server = server;
        this.health = health;
        this.timer = timer;
    }

    static RunningServer start(
            ServerBuilder<?> builder, List<String> names, List<ServerServiceDefinition> services, boolean reflection)
            throws IOException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "rollcall-host-deadlines");
            made.setDaemon(true);
            return made;
        });
        HealthStatusManager health = new HealthStatusManager();
        List<ServerServiceDefinition> served = services.stream()
                .map(service -> MicroMethod.serve(service, names.get(0), timer))
                .toList();
        served.forEach(builder::addService);
        names.forEach(name -> health.setStatus(name, ServingStatus.SERVING));
        served.forEach(
                service -> health.setStatus(service.getServiceDescriptor().getName(), ServingStatus.SERVING));
        builder.addService(health.getHealthService()).fallbackHandlerRegistry(new MicroMethods(served));
        if (reflection) {
            builder.addService(ProtoReflectionServiceV1.newInstance());
        }
        try {
            return new RunningServer(builder.build().start(), health, timer);
        } catch (IOException | RuntimeException failed) {
            timer.shutdownNow();
            throw failed;
        }
    }

    @Override
    public int port() {
        return server.getPort();
    }

    @Override
    public void notServing() {
        health.enterTerminalState();
    }

    @Override
    public void finish(Duration atMost) {
        server.shutdown();
        try {
            if (!server.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                server.shutdownNow();
                server.awaitTermination(LAST_WORDS.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException interrupted) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            timer.shutdownNow();
        }
    }
}
