package login;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.ChannelArgs;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import login.transport.Credentials;
import login.transport.UserGrpc;

/** Logs in six times, a second apart, which leaves the time to stop one of the instances. */
public class Client {
    /** One instance after the other; a login that an instance had no time to answer is sent to the next. */
    static final String SERVICE_CONFIG = """
            {
              "loadBalancingConfig": [{"rollcall": {"strategy": "round_robin"}}],
              "methodConfig": [{
                "name": [{}],
                "retryPolicy": {
                  "maxAttempts": 4,
                  "initialBackoff": "0.1s",
                  "maxBackoff": "1s",
                  "backoffMultiplier": 2,
                  "retryableStatusCodes": ["UNAVAILABLE"]
                }
              }]
            }
            """;

    public static void main(String[] args) throws InterruptedException {
        Credentials john = Credentials.newBuilder()
                .setName(Settings.USER)
                .setPassword(Settings.password(System.getenv()))
                .build();
        AnsweredBy answeredBy = new AnsweredBy();
        Rollcall rollcall = Server.connect();
        ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall:///" + Server.SERVICE)
                .setNameResolverArg(ChannelArgs.ROLLCALL, rollcall)
                .setNameResolverArg(ChannelArgs.SERVICE_CONFIG, SERVICE_CONFIG)
                .intercept(answeredBy)
                .usePlaintext()
                .build();
        try {
            UserGrpc.UserBlockingStub user = UserGrpc.newBlockingStub(channel).withWaitForReady();
            for (int login = 1; login <= 6; login++) {
                Thread.sleep(login == 1 ? 0 : 1000);
                user.withDeadlineAfter(Duration.ofSeconds(20)).login(john);
                System.out.println("login " + login + ": answered by " + answeredBy.last());
            }
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            rollcall.close();
        }
    }
}
