package dev.rollcall.grpc.internal.client;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.ChannelArgs;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import java.net.URI;

/** Resolves {@code rollcall:///service} and {@code rollcall://h1:2379,h2:2379/service}; found by {@code ServiceLoader}. */
public class RollcallNameResolverProvider extends NameResolverProvider {
    private final String scheme;

    /** For {@code ServiceLoader}. */
    public RollcallNameResolverProvider() {
        this("rollcall");
    }

    RollcallNameResolverProvider(String scheme) {
        this.scheme = scheme;
    }

    @Override
    public NameResolver newNameResolver(URI uri, NameResolver.Args args) {
        Target target = Target.of(uri);
        ServiceConfig config = ServiceConfig.of(args.getArg(ChannelArgs.SERVICE_CONFIG), args.getServiceConfigParser());
        Rollcall installed = args.getArg(ChannelArgs.ROLLCALL);
        if (installed != null && target.registry() != null) {
            throw new IllegalArgumentException("target: " + target.shown()
                    + " names a registry, and ChannelArgs.ROLLCALL is given too (expected: one of them)");
        }
        return new RollcallNameResolver(
                target.service(),
                installed != null
                        ? () -> new SharedRollcalls.Use(installed, () -> {})
                        : () -> SharedRollcalls.JVM.use(target.registry()),
                config,
                args);
    }

    @Override
    public String getDefaultScheme() {
        return scheme;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    /** Below that of dns, 5: the first one is also the scheme of targets that have none. */
    @Override
    protected int priority() {
        return 4;
    }
}
