package login;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.rpc.interceptors.CallLog;
import dev.rollcall.rpc.interceptors.JwtCheck;
import dev.rollcall.rpc.interceptors.RateLimit;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import login.endpoint.LoginEndpoints;
import login.service.LoginService;
import login.service.PasswordHash;
import login.service.Tokens;
import login.transport.LoginTransport;

/** Serves {@code svc.user.agent}, one instance per port; without arguments on 8881, 8882 and 8883. */
public class Server {
    static final String SERVICE = "svc.user.agent";

    public static void main(String[] args) throws InterruptedException {
        Settings settings = Settings.of(System.getenv());
        Tokens tokens = new Tokens(settings.key(), Duration.ofMinutes(15), Clock.systemUTC());
        PasswordHash hash = PasswordHash.of(settings.password(), PasswordHash.ITERATIONS);
        LoginService service = new LoginService(Map.of(Settings.USER, hash), PasswordHash.ITERATIONS, tokens);

        Rollcall rollcall = connect();
        MeterRegistry meters = new SimpleMeterRegistry(); // take the one that your monitoring reads
        int[] ports = args.length == 0
                ? new int[] {8881, 8882, 8883}
                : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        for (int port : ports) {
            ServiceHost host = instance(rollcall, service, settings.key(), meters)
                    .address("127.0.0.1", port)
                    .closeOnShutdown()
                    .start();
            System.out.println(SERVICE + " is served at " + host.address());
        }
        Thread.currentThread().join();
    }

    /** The etcd that the environment names, with the keys and values of Go kit. */
    static Rollcall connect() {
        return Rollcall.builder().option("layout", "go-kit").connect();
    }

    /** One instance: around the service a line in the log and a measure for each call, then the limit, then the token. */
    static GrpcServiceHost.Builder instance(Rollcall rollcall, LoginService service, byte[] key, MeterRegistry meters) {
        return GrpcServiceHost.builder(rollcall, SERVICE)
                .addService(new LoginTransport(new LoginEndpoints(service)))
                .intercept(new CallLog())
                .intercept(new MetricCollectingServerInterceptor(meters))
                .intercept(RateLimit.of(10, Duration.ofSeconds(1)))
                .intercept(JwtCheck.hs256(key).withIssuer(Tokens.ISSUER).except("User.Login"));
    }
}
