package dev.rollcall.grpc.internal.client;

import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.grpc.ChannelArgs;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Speakers registered in a registry in memory, and channels to them. */
final class Fleet implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(30);

    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry servers = MemoryRegistry.open(name);
    private final Rollcall clients;
    private final List<Runnable> open = new ArrayList<>();

    Fleet() {
        this("3s");
    }

    /** @param wait how long channels wait for the first list */
    Fleet(String wait) {
        clients = Rollcall.builder()
                .registry("memory://" + name)
                .environment(Map.of())
                .option("wait", wait)
                .connect();
    }

    MemoryRegistry registry() {
        return servers;
    }

    Speaker speaker(String id) {
        Speaker speaker = new Speaker(id);
        open.add(speaker::close);
        return speaker;
    }

    Registration register(Instance instance) {
        Registration registration = servers.register(instance);
        registration.await(LONG);
        return registration;
    }

    ManagedChannel channel() {
        return channel("{}");
    }

    /** @param config a service config */
    ManagedChannel channel(String config) {
        return channel(builder -> builder.setNameResolverArg(ChannelArgs.SERVICE_CONFIG, config));
    }

    /** @param config of the policy {@code rollcall} */
    ManagedChannel balanced(String config) {
        return channel("{\"loadBalancingConfig\": [{\"rollcall\": " + config + "}]}");
    }

    ManagedChannel channel(UnaryOperator<ManagedChannelBuilder<?>> more) {
        return channel("rollcall:///" + Speaker.SERVICE, more);
    }

    ManagedChannel channel(String target, UnaryOperator<ManagedChannelBuilder<?>> more) {
        ManagedChannelBuilder<?> builder = ManagedChannelBuilder.forTarget(target)
                .usePlaintext()
                .setNameResolverArg(ChannelArgs.ROLLCALL, clients);
        ManagedChannel channel = more.apply(builder).build();
        open.add(channel::shutdownNow);
        return channel;
    }

    /** Who answers a hundred calls. */
    static Set<String> answering(ManagedChannel channel) {
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            names.add(Speaker.call(channel));
        }
        return names;
    }

    /** Waits until these answer; calls may fail before, since a view learns of a change a moment later. */
    static void awaitAnswering(ManagedChannel channel, String... names) {
        await().atMost(LONG)
                .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
                .until(() -> answering(channel).equals(new TreeSet<>(List.of(names))));
    }

    Rollcall clients() {
        return clients;
    }

    @Override
    public void close() {
        open.forEach(Runnable::run);
        clients.close();
        servers.close();
    }
}
