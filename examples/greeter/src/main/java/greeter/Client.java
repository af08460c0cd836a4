package greeter;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Calls {@code hello.srv.say}, wherever it is. */
public class Client {
    public static void main(String[] args) throws InterruptedException {
        ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall:///hello.srv.say")
                .usePlaintext()
                .build();
        try {
            Greeting answer = GreeterGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(Duration.ofSeconds(10))
                    .hello(Greeting.newBuilder()
                            .setFrom("john")
                            .setTo("jane")
                            .setMsg("good morning")
                            .build());
            System.out.println(answer.getMsg());
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }
}
