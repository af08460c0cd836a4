package dev.rollcall.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.grpc.servertest.GreeterGrpc;
import dev.rollcall.grpc.servertest.HelloReply;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.TestCertificates;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of a host, on a registry in memory. */
class GrpcServiceHostTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration NEVER_IN_A_TEST = Duration.ofSeconds(60);

    private final TestGreeter greeter = new TestGreeter();
    private final Rollcall rollcall = Rollcall.connect("memory://grpc-host-test");
    private final MemoryRegistry other = MemoryRegistry.open("grpc-host-test");
    private final List<AutoCloseable> closing = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() throws Exception {
        greeter.release.countDown();
        for (AutoCloseable each : closing) {
            each.close();
        }
        other.close();
        rollcall.close();
    }

    private GrpcServiceHost.Builder builder() {
        return GrpcServiceHost.builder(rollcall, SERVICE)
                .address("127.0.0.1", 0)
                .addService(greeter)
                .linger(Duration.ZERO)
                .finishWithin(Duration.ZERO);
    }

    private ServiceHost started(GrpcServiceHost.Builder builder) {
        ServiceHost host = builder.start();
        closing.add(host);
        return host;
    }

    private ManagedChannel channel(ServiceHost host) {
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "127.0.0.1:" + host.address().port(), InsecureChannelCredentials.create())
                .build();
        closing.add(channel::shutdownNow);
        return channel;
    }

    private Instance only(String service) {
        return other.lookup(service).instances().get(0);
    }

    @Test
    void it_is_registered_as_go_micro_registers_its_servers() {
        ServiceHost host = started(builder().version("v2").metadata("zone", "a").metadata("protocol", "mine"));

        Instance instance = only(SERVICE);
        assertThat(instance.address()).isEqualTo(host.address());
        assertThat(instance.id()).startsWith(SERVICE + "-");
        assertThat(instance.version()).isEqualTo("v2");
        assertThat(instance.metadata())
                .containsEntry("protocol", "grpc")
                .containsEntry("server", "grpc")
                .containsEntry("transport", "grpc")
                .containsEntry("broker", "http")
                .containsEntry("registry", "memory")
                .containsEntry("zone", "a");
        assertThat(instance.endpoints())
                .extracting(Endpoint::name)
                .containsExactly("Greeter.Chat", "Greeter.Count", "Greeter.Hello");
    }

    @Test
    void it_listens_before_it_is_seen() {
        List<HelloReply> replies = new CopyOnWriteArrayList<>();
        closing.add(other.watch(SERVICE, (snapshot, changes) -> {
            for (Instance instance : snapshot.instances()) {
                ManagedChannel channel = Grpc.newChannelBuilder(
                                instance.address().toString(), InsecureChannelCredentials.create())
                        .build();
                try {
                    replies.add(hello(channel, ""));
                } finally {
                    channel.shutdownNow();
                }
            }
        }));

        started(builder());

        await().atMost(LONG).untilAsserted(() -> assertThat(replies).isNotEmpty());
    }

    private static HelloReply hello(ManagedChannel channel, String msg) {
        return GreeterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .hello(HelloRequest.newBuilder().setMsg(msg).build());
    }

    @Test
    void one_registration_for_each_name() {
        ServiceHost host = started(builder().alsoAs("hello.srv.old"));

        assertThat(host.registrations()).hasSize(2);
        assertThat(only(SERVICE).address()).isEqualTo(only("hello.srv.old").address());
        host.close();
        assertThat(other.services()).isEmpty();
    }

    @Test
    void a_taken_port_is_said_clearly_and_nothing_is_registered() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> builder().address("127.0.0.1", port).start())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("listen on 127.0.0.1:" + port)
                    .hasMessageContaining("Address already in use");
        }
        assertThat(other.services()).isEmpty();
        assertThat(rollcall.registrations()).isEmpty();
    }

    @Test
    void a_refused_registration_ends_the_server() {
        GrpcServiceHost.Builder unusable = builder().advertise("not a host", 0);

        assertThatThrownBy(unusable::start).hasMessageContaining("not a host");
        ServiceHost first = started(builder().id("one"));
        assertThatThrownBy(() -> builder().alsoAs("second.name").id("one").start())
                .hasMessageContaining("one");

        assertThat(other.services()).containsExactly(SERVICE);
        assertThat(hello(channel(first), "").getMsg()).startsWith("hello");
    }

    @Test
    void it_is_advertised_by_another_address_if_told() {
        ServiceHost host = started(builder().advertise("10.1.2.3", 0));

        assertThat(only(SERVICE).address())
                .hasToString("10.1.2.3:" + host.address().port());
    }

    @Test
    void listening_everywhere_is_advertised_by_an_address_that_others_can_call() {
        started(builder().port(0));

        assertThat(only(SERVICE).address().host()).isNotEqualTo("0.0.0.0");
    }

    @Test
    void leaving_goes_draining_then_deleted_then_lingers_then_ends() throws Exception {
        ServiceHost host = started(builder().linger(NEVER_IN_A_TEST).finishWithin(NEVER_IN_A_TEST));
        ManagedChannel channel = channel(host);
        List<Change.Kind> seen = new CopyOnWriteArrayList<>();
        closing.add(other.watch(
                SERVICE,
                (snapshot, changes) -> changes.stream().map(Change::kind).forEach(seen::add)));
        assertThat(health(channel)).isEqualTo(ServingStatus.SERVING);

        Thread close = new Thread(host::close);
        close.start();
        await().atMost(LONG).until(() -> other.services().isEmpty());

        await().atMost(LONG).untilAsserted(() -> assertThat(seen).contains(Change.Kind.LEFT_GRACEFULLY));
        assertThat(host.leaving()).isTrue();
        assertThat(host.registrations()).allMatch(left -> left.state() == Registration.State.CLOSED);
        assertThat(health(channel)).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(hello(channel, "").getMsg()).isEqualTo("hello ");
        ManagedChannel late = channel(host);
        assertThat(hello(late, "").getMsg()).isEqualTo("hello ");
        assertThat(close.isAlive()).isTrue();
        close.interrupt();
        close.join(LONG.toMillis());
        assertThat(close.isAlive()).isFalse();
        // whoever is interrupted waits for nothing, nor for the last connection to end
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(catchThrowable(() -> hello(late, ""))).isNotNull());
    }

    private static ServingStatus health(ManagedChannel channel) {
        return health(channel, "");
    }

    private static ServingStatus health(ManagedChannel channel, String service) {
        return HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    @Test
    void its_health_is_known_by_each_of_its_names() {
        ManagedChannel channel = channel(started(builder().alsoAs("hello.srv.old")));

        assertThat(health(channel, SERVICE)).isEqualTo(ServingStatus.SERVING);
        assertThat(health(channel, "hello.srv.old")).isEqualTo(ServingStatus.SERVING);
        assertThat(health(channel, "rollcall.servertest.Greeter")).isEqualTo(ServingStatus.SERVING);
        assertThat(health(channel, "")).isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void it_serves_tls_with_a_certificate() throws IOException {
        TestCertificates certificates = TestCertificates.trusted();
        TestCertificates.Identity identity = certificates.server();
        ServerCredentials credentials = TlsServerCredentials.create(
                identity.certificate().toFile(), identity.key().toFile());
        ServiceHost host = started(builder().credentials(credentials));
        ManagedChannel channel = Grpc.newChannelBuilder(
                        host.address().toString(),
                        TlsChannelCredentials.newBuilder()
                                .trustManager(certificates.authority().toFile())
                                .build())
                .build();
        closing.add(channel::shutdownNow);

        assertThat(hello(channel, "").getMsg()).isEqualTo("hello ");
        assertThat(catchThrowable(() -> hello(channel(host), ""))).isNotNull();
    }

    @Test
    void its_limits_can_be_changed() {
        ServiceHost host = started(builder().customize(server -> server.maxInboundMessageSize(100)));

        assertThat(catchThrowable(() -> hello(channel(host), "x".repeat(100))))
                .hasMessageContaining("RESOURCE_EXHAUSTED");
    }

    @Test
    void the_schema_is_told_unless_told_not_to() {
        assertThat(reflection(channel(started(builder())))).isEmpty();
        assertThat(reflection(channel(started(builder().withoutReflection())))).contains("UNIMPLEMENTED");
    }

    /** The failure, if any, of asking for the services. */
    private static String reflection(ManagedChannel channel) {
        CompletableFuture<String> failure = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        if (!response.toString().contains("rollcall.servertest.Greeter")) {
                            failure.complete(response.toString());
                        }
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        failure.complete(thrown.toString());
                    }

                    @Override
                    public void onCompleted() {
                        failure.complete("");
                    }
                });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        requests.onCompleted();
        return failure.join();
    }

    @Test
    void a_call_under_way_finishes() throws Exception {
        ServiceHost host = started(builder().finishWithin(NEVER_IN_A_TEST));
        Future<HelloReply> call = GreeterGrpc.newFutureStub(channel(host))
                .hello(HelloRequest.newBuilder().setMsg("wait").build());
        assertThat(greeter.waiting.await(30, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Void> closed = CompletableFuture.runAsync(host::close);
        await().atMost(LONG).until(() -> other.services().isEmpty());
        assertThat(closed).isNotDone();
        greeter.release.countDown();

        assertThat(call.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("waited");
        closed.get(30, TimeUnit.SECONDS);
    }

    @Test
    void a_call_that_does_not_finish_is_cut_in_the_end() throws Exception {
        ServiceHost host = started(builder().finishWithin(Duration.ofMillis(50)));
        Future<HelloReply> call = GreeterGrpc.newFutureStub(channel(host))
                .hello(HelloRequest.newBuilder().setMsg("wait").build());
        assertThat(greeter.waiting.await(30, TimeUnit.SECONDS)).isTrue();

        host.close();

        assertThat(catchThrowable(() -> call.get(30, TimeUnit.SECONDS))).isNotNull();
        assertThat(greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closing_twice_is_closing_once() {
        ServiceHost host = started(builder());

        host.close();
        host.close();

        assertThat(other.services()).isEmpty();
    }

    @Test
    void it_starts_while_the_registry_is_away_and_is_registered_later() {
        other.pause();
        ServiceHost host = started(builder());
        assertThat(hello(channel(host), "").getMsg()).isEqualTo("hello ");
        assertThat(host.registrations().get(0).state()).isEqualTo(Registration.State.REGISTERING);

        other.resume();

        await().atMost(LONG).until(() -> other.services().contains(SERVICE));
    }

    @Test
    void interceptors_see_the_services_messages_the_first_one_first() {
        List<String> heard = new CopyOnWriteArrayList<>();
        ServiceHost host = started(builder().intercept(noting("first", heard)).intercept(noting("second", heard)));

        assertThat(hello(channel(host), "").getMsg()).isEqualTo("hello ");
        assertThat(health(channel(host))).isEqualTo(ServingStatus.SERVING);

        assertThat(heard)
                .containsExactly("first rollcall.servertest.Greeter/Hello", "second rollcall.servertest.Greeter/Hello");
    }

    private static ServerInterceptor noting(String name, List<String> heard) {
        return new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                heard.add(name + " " + call.getMethodDescriptor().getFullMethodName());
                return next.startCall(call, headers);
            }
        };
    }

    @Test
    void micrometers_own_interceptor_counts_the_calls() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        ServiceHost host = started(builder().intercept(new MetricCollectingServerInterceptor(meters)));

        assertThat(hello(channel(host), "").getMsg()).isEqualTo("hello ");

        await().atMost(LONG)
                .untilAsserted(() -> assertThat(meters.get("grpc.server.processing.duration")
                                .tag("method", "Hello")
                                .tag("statusCode", "OK")
                                .timer()
                                .count())
                        .isEqualTo(1));
    }

    @Test
    void a_builder_without_a_service_says_so() {
        assertThatThrownBy(() -> GrpcServiceHost.builder(rollcall, SERVICE).start())
                .hasMessage("services: none (expected: at least one, by addService)");
        assertThatThrownBy(() -> builder().linger(Duration.ofSeconds(-1)))
                .hasMessage("linger: PT-1S (expected: 0s or more)");
    }
}
