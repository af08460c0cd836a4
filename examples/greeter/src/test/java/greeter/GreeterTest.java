package greeter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.ChannelArgs;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.rpc.ServiceHost;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A server and a client in one JVM: with the etcd that MICRO_REGISTRY_ADDRESS names, else with a registry in memory. */
class GreeterTest {
    private static final String SERVICE = "hello.srv.test";

    @Test
    void the_server_is_found_by_its_name_and_greets_back() throws Exception {
        boolean etcd = System.getenv("MICRO_REGISTRY_ADDRESS") != null;
        try (Rollcall rollcall = etcd ? Rollcall.connect() : Rollcall.connect("memory:");
                ServiceHost host = GrpcServiceHost.builder(rollcall, SERVICE)
                        .addService(new Greeter())
                        .address("127.0.0.1", 0)
                        .linger(Duration.ZERO)
                        .start()) {
            host.registrations().get(0).await(Duration.ofSeconds(20));
            ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall:///" + SERVICE)
                    .setNameResolverArg(ChannelArgs.ROLLCALL, rollcall)
                    .usePlaintext()
                    .build();

            Greeting answer = GreeterGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(Duration.ofSeconds(20))
                    .hello(Greeting.newBuilder()
                            .setFrom("john")
                            .setTo("jane")
                            .setMsg("good morning")
                            .build());

            assertThat(answer)
                    .isEqualTo(Greeting.newBuilder()
                            .setFrom("jane")
                            .setTo("john")
                            .setMsg("Hello john, you said: good morning")
                            .build());
            assertThat(rollcall.lookup(SERVICE).instances().get(0).endpoints())
                    .extracting(endpoint -> endpoint.name())
                    .containsExactly("Greeter.Hello");
            channel.shutdownNow();
        }
    }
}
