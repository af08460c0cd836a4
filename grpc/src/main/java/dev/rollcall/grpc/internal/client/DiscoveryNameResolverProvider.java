package dev.rollcall.grpc.internal.client;

/** Resolves {@code discovery:///service}, the scheme that users of go-kratos know, as {@code rollcall:///service}. */
public final class DiscoveryNameResolverProvider extends RollcallNameResolverProvider {
    /** For {@code ServiceLoader}. */
    public DiscoveryNameResolverProvider() {
        super("discovery");
    }
}
