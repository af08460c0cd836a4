package greeter;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.rpc.ServiceHost;

/** Serves {@code hello.srv.say} until it is told to end. */
public class Server {
    public static void main(String[] args) throws InterruptedException {
        Rollcall rollcall = Rollcall.connect(); // etcd at 127.0.0.1:2379, or where MICRO_REGISTRY_ADDRESS says
        ServiceHost host = GrpcServiceHost.builder(rollcall, "hello.srv.say")
                .addService(new Greeter())
                .address("127.0.0.1", 0) // any free port; without this line on all addresses of the machine
                .closeOnShutdown()
                .start();
        System.out.println("hello.srv.say is served at " + host.address());
        Thread.currentThread().join();
    }
}
