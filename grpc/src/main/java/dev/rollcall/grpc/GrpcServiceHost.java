package dev.rollcall.grpc;

import dev.rollcall.Rollcall;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.rpc.ServiceHostBuilder;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Serves gRPC services that are registered and found by name, for callers of every kind: grpc-java, grpc-go, go-micro.
 *
 * <pre>{@code
 * try (ServiceHost host = GrpcServiceHost.builder(rollcall, "hello.srv.say")
 *         .addService(new Greeter())
 *         .start()) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Besides what {@link ServiceHost} does, it
 *
 * <ul>
 *   <li>serves gRPC's health and reflection;
 *   <li>answers go-micro's clients: {@code /any.prefix.Greeter/Hello} finds the service by its last label, in protobuf, JSON or
 *       bytes, with go-micro's {@code timeout} and errors;
 *   <li>never shows a caller what an unexpected exception says: it is logged, and the caller gets INTERNAL;
 *   <li>limits messages to 4 MiB, headers to 64 KiB and a connection to 1,000 calls at a time, which {@link
 *       Builder#customize} can change.
 * </ul>
 */
public final class GrpcServiceHost {
    static final int LARGEST_MESSAGE = 4 * 1024 * 1024;
    static final int LARGEST_HEADERS = 64 * 1024;
    static final int MOST_CALLS_PER_CONNECTION = 1000;

    private GrpcServiceHost() {}

    /** A host of this service, on all addresses of this machine and a free port until told otherwise. */
    public static Builder builder(Rollcall rollcall, String service) {
        return new Builder(rollcall, service);
    }

    /** What can be set of a host over gRPC. Not safe for use by many threads. */
    public static final class Builder extends ServiceHostBuilder<Builder> {
        private ServerCredentials credentials = InsecureServerCredentials.create();
        private Consumer<? super NettyServerBuilder> customizer = server -> {};
        private boolean reflection = true;

        private Builder(Rollcall rollcall, String service) {
            super(rollcall, service);
        }

        /** For TLS; without it clear text. */
        public Builder credentials(ServerCredentials credentials) {
            this.credentials = Objects.requireNonNull(credentials, "credentials");
            return this;
        }

        /** Has the last word on the server: limits, keepalive, executor. Replaces an earlier one. */
        public Builder customize(Consumer<? super NettyServerBuilder> customizer) {
            this.customizer = Objects.requireNonNull(customizer, "customizer");
            return this;
        }

        /** Does not tell callers the schema. */
        public Builder withoutReflection() {
            reflection = false;
            return this;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        protected Map<String, String> protocolMetadata() {
            return Map.of("protocol", "grpc", "server", "grpc", "transport", "grpc");
        }

        @Override
        protected ServiceHost.Listening listen(InetSocketAddress address, List<ServerServiceDefinition> services)
                throws IOException {
            NettyServerBuilder server = NettyServerBuilder.forAddress(address, credentials)
                    .maxInboundMessageSize(LARGEST_MESSAGE)
                    .maxInboundMetadataSize(LARGEST_HEADERS)
                    .maxConcurrentCallsPerConnection(MOST_CALLS_PER_CONNECTION);
            customizer.accept(server);
            return RunningServer.start(server, names(), services, reflection);
        }
    }
}
