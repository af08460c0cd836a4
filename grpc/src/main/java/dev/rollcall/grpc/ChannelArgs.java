package dev.rollcall.grpc;

import dev.rollcall.Rollcall;
import io.grpc.NameResolver;

/**
 * What a program may tell the resolver of a {@code rollcall:} channel, by {@code ManagedChannelBuilder.setNameResolverArg}; none
 * is needed.
 *
 * <pre>{@code
 * ManagedChannel users = ManagedChannelBuilder.forTarget("rollcall:///svc.user.agent")
 *         .setNameResolverArg(ChannelArgs.ROLLCALL, rollcall)
 *         .setNameResolverArg(ChannelArgs.SERVICE_CONFIG, "{\"loadBalancingConfig\": [{\"round_robin\": {}}]}")
 *         .build();
 * }</pre>
 */
public final class ChannelArgs {
    /**
     * The Rollcall that finds the instances, instead of one that all channels of the JVM share, made from the environment
     * variables. It stays the program's: no channel closes it.
     */
    public static final NameResolver.Args.Key<Rollcall> ROLLCALL = NameResolver.Args.Key.create("rollcall");

    /**
     * A gRPC service config as JSON text: retries, hedging, timeouts, load balancing. Each entry at its top replaces that of the
     * config in the registry. Use this and not {@code defaultServiceConfig}, which grpc-java does not look at when a resolver
     * brings a config, and ours always does. One that makes no sense is refused when the channel is built.
     */
    public static final NameResolver.Args.Key<String> SERVICE_CONFIG =
            NameResolver.Args.Key.create("rollcall-service-config");

    private ChannelArgs() {}
}
