package dev.rollcall.grpc;

import dev.rollcall.Rollcall;
import dev.rollcall.rpc.ServiceHost;
import java.time.Duration;

/** A program that is told to end while it serves; calls that wait go on when its input ends. */
final class HostProgram {
    static final String SERVICE = "hello.srv.program";

    private HostProgram() {}

    public static void main(String[] args) throws Exception {
        TestGreeter greeter = new TestGreeter();
        Rollcall rollcall = Rollcall.connect("etcd://" + args[0]);
        ServiceHost host = GrpcServiceHost.builder(rollcall, SERVICE)
                .address("127.0.0.1", 0)
                .addService(greeter)
                .linger(Duration.ofMillis(100))
                .finishWithin(Duration.ofSeconds(30))
                .closeOnShutdown()
                .start();
        host.registrations().get(0).await(Duration.ofSeconds(30));
        System.out.println("registered");
        greeter.waiting.await();
        System.out.println("waiting");
        System.in.readAllBytes();
        greeter.release.countDown();
    }
}
