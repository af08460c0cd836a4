package dev.rollcall.mucp;

import dev.rollcall.Address;
import dev.rollcall.rpc.Methods;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** A greeter that is served on a free port, without a registry. */
final class Served implements AutoCloseable {
    final Greeter greeter = new Greeter();
    final MucpServer server;

    Served(MucpLimits limits, ServerInterceptor... interceptors) throws IOException {
        Methods methods = Methods.of(List.of(ServerInterceptors.interceptForward(greeter.bindService(), interceptors)));
        server = MucpServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "go.micro.srv.greeter",
                methods,
                limits,
                null);
    }

    static Served greeter() throws IOException {
        return new Served(MucpLimits.SERVER);
    }

    Address address() {
        return new Address("127.0.0.1", server.port());
    }

    RawSocket connect() throws IOException {
        return RawSocket.connect(server.port());
    }

    @Override
    public void close() {
        greeter.released.countDown();
        server.finish(Duration.ZERO);
    }
}
