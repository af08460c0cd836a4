package login;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.common.util.concurrent.ListenableFuture;
import dev.rollcall.Rollcall;
import dev.rollcall.grpc.ChannelArgs;
import dev.rollcall.rpc.ServiceHost;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import login.service.LoginService;
import login.service.PasswordHash;
import login.service.Tokens;
import login.transport.Credentials;
import login.transport.Nothing;
import login.transport.UserGrpc;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Instances and a client in one JVM: with the etcd that MICRO_REGISTRY_ADDRESS names, else with a registry in memory. */
class LoginTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int ITERATIONS = 1000;
    private static final String PASSWORD = "a password of a test";
    private static final byte[] KEY = "a key that is known to this test only".getBytes(UTF_8);

    private final Rollcall rollcall =
            System.getenv("MICRO_REGISTRY_ADDRESS") == null ? Rollcall.connect("memory:") : Server.connect();
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final List<ServiceHost> hosts = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final AnsweredBy answeredBy = new AnsweredBy();

    @AfterEach
    void end() {
        channels.forEach(ManagedChannel::shutdownNow);
        hosts.forEach(ServiceHost::close);
        rollcall.close();
    }

    @RepeatedTest(3)
    void logins_are_spread_over_three_instances_and_none_fails_while_one_is_stopped(RepetitionInfo round)
            throws Exception {
        Stream.of(1, 2, 3).forEach(i -> start());
        UserGrpc.UserBlockingStub user = userByName();
        Set<String> answered = new HashSet<>();
        await().atMost(DEADLINE).pollInterval(Duration.ofMillis(200)).until(() -> {
            logIn(user, "john", PASSWORD);
            answered.add(answeredBy.last());
            return answered.size() == 3;
        });

        Thread stop = new Thread(hosts.get(round.getCurrentRepetition() % 3)::close);
        for (int login = 1; login <= 6 || stop.isAlive(); login++) {
            if (login == 3) {
                stop.start();
            }
            assertThat(logIn(user, "john", PASSWORD)).isNotEmpty();
            stop.join(100);
        }

        answered.clear();
        for (int login = 1; login <= 6; login++) {
            logIn(user, "john", PASSWORD);
            answered.add(answeredBy.last());
        }
        assertThat(answered).hasSize(2);
    }

    @Test
    void a_wrong_password_and_an_unknown_user_get_the_same_answer() {
        UserGrpc.UserBlockingStub user = userAt(start());

        StatusRuntimeException wrong = refused(() -> logIn(user, "john", "a guess"));
        StatusRuntimeException unknown = refused(() -> logIn(user, "mallory", PASSWORD));

        assertThat(wrong.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(wrong.getStatus().getDescription()).isEqualTo("name or password is wrong");
        assertThat(unknown.getMessage()).isEqualTo(wrong.getMessage());
        assertThat(unknown.getTrailers().keys()).isEqualTo(wrong.getTrailers().keys());
    }

    @Test
    void names_and_passwords_of_no_or_endless_length_are_refused_before_they_cost_anything() {
        UserGrpc.UserBlockingStub user = userAt(start());

        StatusRuntimeException none = refused(() -> logIn(user, "", PASSWORD));
        StatusRuntimeException endless = refused(() -> logIn(user, "john", "x".repeat(100_000)));

        assertThat(none).hasMessage("INVALID_ARGUMENT: name: 0 characters (expected: 1 to 128)");
        assertThat(endless).hasMessage("INVALID_ARGUMENT: password: 100000 characters (expected: 1 to 128)");
    }

    @Test
    void a_token_of_one_instance_is_taken_by_another() {
        String token = logIn(userAt(start()), "john", PASSWORD);

        assertThat(whoAmI(userAt(start()), token)).isEqualTo("john");
    }

    @Test
    void a_call_without_a_valid_token_is_refused() {
        UserGrpc.UserBlockingStub user = userAt(start());
        String expired = service(KEY, Clock.offset(Clock.systemUTC(), Duration.ofHours(-1)))
                .login("john", PASSWORD);
        String forged = service("a key that somebody else has thought of".getBytes(UTF_8), Clock.systemUTC())
                .login("john", PASSWORD);

        assertThat(refused(() -> whoAmI(user, expired))).hasMessage("UNAUTHENTICATED: bearer token: expired");
        assertThat(refused(() -> whoAmI(user, forged))).hasMessage("UNAUTHENTICATED: bearer token: not valid");
        assertThat(refused(() -> user.whoAmI(Nothing.getDefaultInstance())))
                .hasMessage("UNAUTHENTICATED: bearer token: missing");
    }

    @Test
    void an_instance_takes_ten_calls_a_second_and_the_others_do_not_suffer() throws Exception {
        ServiceHost busy = start();
        ServiceHost other = start();
        UserGrpc.UserFutureStub many = UserGrpc.newFutureStub(channelTo(busy));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            calls.add(many.login(credentials("john", PASSWORD)));
        }

        List<Status.Code> codes = new ArrayList<>();
        for (ListenableFuture<?> call : calls) {
            codes.add(code(call));
        }
        assertThat(codes).containsOnly(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
        assertThat(codes.stream().filter(Status.Code.OK::equals)).hasSizeGreaterThanOrEqualTo(10);

        assertThat(logIn(userAt(other), "john", PASSWORD)).isNotEmpty();
        UserGrpc.UserBlockingStub later = userAt(busy);
        await().atMost(DEADLINE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(logIn(later, "john", PASSWORD)).isNotEmpty());
    }

    @Test
    void calls_are_logged_and_measured_without_their_secrets() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        log.start();
        root.addAppender(log);
        try {
            UserGrpc.UserBlockingStub user = userAt(start());
            String token = logIn(user, "john", PASSWORD);
            refused(() -> logIn(user, "john", "a guess"));
            whoAmI(user, token);

            await().atMost(DEADLINE)
                    .untilAsserted(() -> assertThat(List.copyOf(log.list))
                            .extracting(ILoggingEvent::getFormattedMessage)
                            .anyMatch(line -> line.startsWith("svc.user.User/Login OK in "))
                            .anyMatch(line -> line.startsWith("svc.user.User/Login UNAUTHENTICATED in "))
                            .anyMatch(line -> line.startsWith("svc.user.User/WhoAmI OK in "))
                            .noneMatch(line ->
                                    line.contains(PASSWORD) || line.contains("a guess") || line.contains(token)));
            await().atMost(DEADLINE)
                    .untilAsserted(() -> assertThat(meters.find("grpc.server.processing.duration").timers().stream()
                                    .mapToLong(Timer::count)
                                    .sum())
                            .isEqualTo(3));
        } finally {
            root.detachAppender(log);
        }
    }

    private ServiceHost start() {
        ServiceHost host = Server.instance(rollcall, service(KEY, Clock.systemUTC()), KEY, meters)
                .address("127.0.0.1", 0)
                .linger(Duration.ofMillis(300))
                .start();
        hosts.add(host);
        return host;
    }

    private static LoginService service(byte[] key, Clock clock) {
        Map<String, PasswordHash> users = Map.of("john", PasswordHash.of(PASSWORD, ITERATIONS));
        return new LoginService(users, ITERATIONS, new Tokens(key, Duration.ofMinutes(15), clock));
    }

    private UserGrpc.UserBlockingStub userByName() {
        return UserGrpc.newBlockingStub(kept(ManagedChannelBuilder.forTarget("rollcall:///" + Server.SERVICE)
                .setNameResolverArg(ChannelArgs.ROLLCALL, rollcall)
                .setNameResolverArg(ChannelArgs.SERVICE_CONFIG, Client.SERVICE_CONFIG)
                .intercept(answeredBy)));
    }

    private UserGrpc.UserBlockingStub userAt(ServiceHost host) {
        return UserGrpc.newBlockingStub(channelTo(host));
    }

    private ManagedChannel channelTo(ServiceHost host) {
        return kept(ManagedChannelBuilder.forAddress("127.0.0.1", host.address().port()));
    }

    private ManagedChannel kept(ManagedChannelBuilder<?> builder) {
        ManagedChannel channel = builder.usePlaintext().build();
        channels.add(channel);
        return channel;
    }

    private static String logIn(UserGrpc.UserBlockingStub user, String name, String password) {
        return user.withWaitForReady()
                .withDeadlineAfter(DEADLINE)
                .login(credentials(name, password))
                .getToken();
    }

    private static String whoAmI(UserGrpc.UserBlockingStub user, String token) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        return user.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(DEADLINE)
                .whoAmI(Nothing.getDefaultInstance())
                .getName();
    }

    private static Credentials credentials(String name, String password) {
        return Credentials.newBuilder().setName(name).setPassword(password).build();
    }

    private static StatusRuntimeException refused(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call);
    }

    private static Status.Code code(ListenableFuture<?> call) throws InterruptedException {
        try {
            call.get();
            return Status.Code.OK;
        } catch (ExecutionException failed) {
            return Status.fromThrowable(failed).getCode();
        }
    }
}
