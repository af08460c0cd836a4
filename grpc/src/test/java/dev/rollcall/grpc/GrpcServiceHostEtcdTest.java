package dev.rollcall.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.Status;
import dev.rollcall.Subscription;
import dev.rollcall.Value;
import dev.rollcall.grpc.servertest.GreeterGrpc;
import dev.rollcall.grpc.servertest.HelloReply;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.EtcdProcess;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What others see of a host on a real etcd. */
class GrpcServiceHostEtcdTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static EtcdProcess etcd;
    private static Rollcall serving;
    private static Rollcall calling;

    @BeforeAll
    static void start() {
        etcd = EtcdProcess.launch();
        serving = Rollcall.connect("etcd://" + etcd.endpoint());
        calling = Rollcall.connect("etcd://" + etcd.endpoint());
    }

    @AfterAll
    static void stop() {
        calling.close();
        serving.close();
        etcd.close();
    }

    private static GrpcServiceHost.Builder builder(String service, TestGreeter greeter) {
        return GrpcServiceHost.builder(serving, service).address("127.0.0.1", 0).addService(greeter);
    }

    @Test
    void its_endpoints_and_their_shapes_are_listed() {
        try (ServiceHost host = builder("hello.srv.list", new TestGreeter())
                .linger(Duration.ZERO)
                .start()) {
            host.registrations().get(0).await(LONG);

            Instance instance = calling.lookup("hello.srv.list").instances().get(0);
            assertThat(instance.metadata()).containsEntry("protocol", "grpc").containsEntry("registry", "etcd");
            Endpoint hello = instance.endpoints().stream()
                    .filter(endpoint -> endpoint.name().equals("Greeter.Hello"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Objects.requireNonNull(hello.request()).values())
                    .extracting(Value::name)
                    .containsExactly("from", "to", "msg");
        }
    }

    @Test
    void callers_see_it_draining_and_gone_while_it_still_serves_and_no_call_fails() throws Exception {
        TestGreeter greeter = new TestGreeter();
        List<Status> statuses = new CopyOnWriteArrayList<>();
        List<Change.Kind> changes = new CopyOnWriteArrayList<>();
        try (ServiceHost first = builder("hello.srv.say", greeter)
                        .linger(Duration.ofSeconds(1))
                        .finishWithin(LONG)
                        .start();
                Subscription watching = calling.watch("hello.srv.say", (snapshot, changed) -> {
                    snapshot.instances().stream().map(Instance::status).forEach(statuses::add);
                    changed.stream().map(Change::kind).forEach(changes::add);
                });
                ServiceChannel channel = ServiceChannel.open(calling, "hello.srv.say")) {
            watching.await(LONG);
            first.registrations().get(0).await(LONG);
            await().atMost(LONG).until(() -> !statuses.isEmpty());
            assertThat(hello(channel, "").getMsg()).isEqualTo("hello ");
            Future<HelloReply> underWay = GreeterGrpc.newFutureStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .hello(HelloRequest.newBuilder().setMsg("wait").build());
            assertThat(greeter.waiting.await(30, TimeUnit.SECONDS)).isTrue();

            CompletableFuture<Void> closed;
            try (ServiceHost second = builder("hello.srv.say", new TestGreeter())
                    .linger(Duration.ZERO)
                    .start()) {
                second.registrations().get(0).await(LONG);
                closed = CompletableFuture.runAsync(first::close);
                await().atMost(LONG).until(() -> {
                    assertThat(hello(channel, "").getMsg()).isEqualTo("hello ");
                    return changes.contains(Change.Kind.LEFT_GRACEFULLY);
                });
                assertThat(statuses).contains(Status.DRAINING);
                assertThat(hello(channel, "").getMsg()).isEqualTo("hello ");
                assertThat(calling.lookup("hello.srv.say").instances())
                        .extracting(Instance::address)
                        .containsExactly(second.address());
            }
            assertThat(closed).isNotDone();
            greeter.release.countDown();
            assertThat(underWay.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("waited");
            closed.get(30, TimeUnit.SECONDS);
            assertThat(first.registrations().get(0).state()).isEqualTo(Registration.State.CLOSED);
        }
    }

    @Test
    void a_program_told_to_end_leaves_first_and_finishes_its_calls() throws Exception {
        Process program = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        HostProgram.class.getName(),
                        etcd.endpoint())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = program.inputReader();
                ServiceChannel channel = ServiceChannel.open(calling, HostProgram.SERVICE)) {
            assertThat(lines.readLine()).isEqualTo("registered");
            await().atMost(LONG)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(hello(channel, "").getMsg()).isEqualTo("hello "));
            Future<HelloReply> underWay = GreeterGrpc.newFutureStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .hello(HelloRequest.newBuilder().setMsg("wait").build());
            assertThat(lines.readLine()).isEqualTo("waiting");

            program.toHandle().destroy(); // SIGTERM, and its input stays open
            await().atMost(LONG)
                    .until(() -> calling.lookup(HostProgram.SERVICE).instances().isEmpty());
            assertThat(underWay).isNotDone();
            program.getOutputStream().close();

            assertThat(underWay.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("waited");
            assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            program.destroyForcibly();
        }
    }

    private static HelloReply hello(ServiceChannel channel, String msg) {
        return GreeterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .hello(HelloRequest.newBuilder().setMsg(msg).build());
    }
}
