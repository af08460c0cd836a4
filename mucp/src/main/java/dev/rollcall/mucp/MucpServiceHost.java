package dev.rollcall.mucp;

import dev.rollcall.Rollcall;
import dev.rollcall.rpc.Methods;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.rpc.ServiceHostBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Serves gRPC service implementations over go-micro's own HTTP protocol, registered for as long as it does.
 *
 * <pre>{@code
 * try (ServiceHost host = MucpServiceHost.builder(rollcall, "hello.srv.say")
 *         .addService(new Greeter())
 *         .start()) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Go callers of go-micro 1 to 6 find it and call it as one of theirs, with protobuf and JSON, unary calls and streams.
 * Handlers never run on the threads of the network; a stream to a caller that reads slowly blocks a handler that does not ask
 * {@code isReady()}. TLS is not spoken.
 */
public final class MucpServiceHost {
    private MucpServiceHost() {}

    /** A host of one service, {@code hello.srv.say}. */
    public static Builder builder(Rollcall rollcall, String service) {
        return new Builder(rollcall, service);
    }

    /** What can be set; not safe for use by many threads. */
    public static final class Builder extends ServiceHostBuilder<Builder> {
        private MucpLimits limits = MucpLimits.SERVER;
        private @Nullable Executor executor;

        private Builder(Rollcall rollcall, String service) {
            super(rollcall, service);
        }

        /** The largest message to take; 4 MiB without it. A larger one is refused with RESOURCE_EXHAUSTED. */
        public Builder maxMessageBytes(int bytes) {
            limits = new MucpLimits(bytes, limits.connections(), limits.idle());
            return this;
        }

        /** How many connections may be open at a time, and so how many calls under way; 10,000 without it. */
        public Builder maxConnections(int connections) {
            limits = new MucpLimits(limits.messageBytes(), connections, limits.idle());
            return this;
        }

        /** Where handlers run; without it on daemon threads of the host, one per call under way. */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        protected Map<String, String> protocolMetadata() {
            return Map.of("protocol", "mucp", "server", "mucp", "transport", "http");
        }

        @Override
        protected ServiceHost.Listening listen(InetSocketAddress address, List<ServerServiceDefinition> services)
                throws IOException {
            return MucpServer.start(address, service(), Methods.of(services), limits, executor);
        }
    }
}
