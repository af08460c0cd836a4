package dev.rollcall.interop;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.mucp.MucpServiceHost;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.rpc.ServiceHostBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A Java instance as a program of its own, so that it can be killed; prints and ends as the Go programs do. */
final class JavaProgram {
    private JavaProgram() {}

    /** The arguments: the registry's URL, protocol, service, id. */
    public static void main(String... arguments) throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            told.countDown();
            try {
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        atEndOfInput(told::countDown);
        try (Rollcall rollcall = Rollcall.connect(arguments[0]);
                ServiceHost host = host(
                        rollcall,
                        arguments[1],
                        arguments[2],
                        arguments[3],
                        new JavaGreeter(arguments[3]),
                        Duration.ofSeconds(3))) {
            host.registrations().get(0).await(Program.PATIENCE);
            System.out.println("{\"event\":\"serving\",\"address\":\"" + host.address() + "\"}");
            told.await();
        }
        System.out.println("{\"event\":\"stopped\"}");
        ended.countDown();
    }

    /** Does this when the test that started this program has ended. */
    static void atEndOfInput(Runnable end) {
        Thread input = new Thread(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException closed) {
                // as at its end
            }
            end.run();
        });
        input.setDaemon(true);
        input.start();
    }

    static ServiceHost host(
            Rollcall rollcall, String protocol, String service, String id, JavaGreeter greeter, Duration linger) {
        return protocol.equals("grpc")
                ? start(GrpcServiceHost.builder(rollcall, service), id, greeter, linger)
                : start(MucpServiceHost.builder(rollcall, service), id, greeter, linger);
    }

    private static ServiceHost start(ServiceHostBuilder<?> builder, String id, JavaGreeter greeter, Duration linger) {
        Metadata replies = new Metadata();
        replies.put(Metadata.Key.of("served-by", Metadata.ASCII_STRING_MARSHALLER), id);
        builder.address("127.0.0.1", 0).id(id).linger(linger).addService(greeter);
        builder.intercept(MetadataUtils.newAttachMetadataServerInterceptor(replies));
        return builder.start();
    }
}
