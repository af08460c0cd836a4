package dev.rollcall.bench;

import dev.rollcall.rpc.Methods;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Servers that answer each message with itself, in a process of their own, so that the client's CPU time can be told from theirs. */
final class CallServer {
    static final MethodDescriptor<byte[], byte[]> ECHO = Methods.raw("bench", "Echo.Echo", MethodType.UNARY);

    private CallServer() {}

    /** A process of so many servers. */
    record Servers(Process process, List<Integer> ports) implements AutoCloseable {
        static Servers start(int count) throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            CallServer.class.getName(),
                            Integer.toString(count))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String line = process.inputReader().readLine();
            if (line == null) {
                throw new IOException("the servers did not start");
            }
            return new Servers(
                    process,
                    List.of(line.split(",")).stream().map(Integer::valueOf).toList());
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    /** Serves until its standard input ends, which it does with the process that started it. */
    public static void main(String[] args) throws IOException {
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            servers.add(NettyServerBuilder.forAddress(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            InsecureServerCredentials.create())
                    .directExecutor()
                    .addService(ServerServiceDefinition.builder(String.valueOf(ECHO.getServiceName()))
                            .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, reply) -> {
                                reply.onNext(request);
                                reply.onCompleted();
                            }))
                            .build())
                    .build()
                    .start());
        }
        System.out.println(servers.stream()
                .map(server -> Integer.toString(server.getPort()))
                .collect(Collectors.joining(",")));
        System.out.flush();
        while (System.in.read() >= 0) {
            // nothing is expected
        }
        servers.forEach(Server::shutdownNow);
    }
}
