package dev.rollcall.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Address;
import dev.rollcall.Rollcall;
import dev.rollcall.grpc.servertest.CountReply;
import dev.rollcall.grpc.servertest.CountRequest;
import dev.rollcall.grpc.servertest.GreeterGrpc;
import dev.rollcall.grpc.servertest.HelloReply;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.Methods;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.PeerChannel;
import dev.rollcall.rpc.ProtocolProvider;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.FaultProxy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client's side of gRPC with go-micro, against our own host; the Go programs are in the interop tests. */
class GrpcProtocolTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final TestGreeter greeter = new TestGreeter();
    private final Rollcall rollcall = Rollcall.connect("memory:");
    private final ServiceHost host = GrpcServiceHost.builder(rollcall, "hello.srv.say")
            .address("127.0.0.1", 0)
            .addService(greeter)
            .linger(Duration.ZERO)
            .finishWithin(Duration.ZERO)
            .start();
    private final PeerChannel peer = new GrpcProtocol().connect(host.address());

    @AfterEach
    void stop() {
        greeter.release.countDown();
        peer.close();
        host.close();
        rollcall.close();
    }

    private GreeterGrpc.GreeterBlockingStub stub(ContentType type) {
        return GreeterGrpc.newBlockingStub(peer)
                .withOption(ContentType.OPTION, type)
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static HelloRequest hello(String msg) {
        return HelloRequest.newBuilder().setFrom("john").setMsg(msg).build();
    }

    @Test
    void the_service_loader_finds_it() {
        assertThat(ServiceLoader.load(ProtocolProvider.class))
                .filteredOn(provider -> provider.name().equals("grpc"))
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void a_stub_calls_in_each_content_type(ContentType type) {
        assertThat(stub(type).hello(hello("")).getMsg()).isEqualTo("hello john");
    }

    @ParameterizedTest
    @EnumSource
    void an_error_comes_back_without_loss(ContentType type) {
        Throwable thrown = catchThrowable(() -> stub(type).hello(hello("bad name")));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(MicroError.from(thrown)).contains(MicroError.of("hello.srv.say", 400, "bad name bad"));
    }

    @ParameterizedTest
    @EnumSource
    void metadata_goes_along(ContentType type) {
        Metadata headers = new Metadata();
        headers.put(TestGreeter.USER, "u1");
        headers.put(Metadata.Key.of("trace-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {0, 1, (byte) 0xff});

        HelloReply reply = stub(type)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .hello(hello("who"));

        assertThat(reply.getMsg()).isEqualTo("u1");
    }

    @ParameterizedTest
    @EnumSource
    void the_deadline_holds_on_both_sides(ContentType type) throws InterruptedException {
        Throwable thrown = catchThrowable(
                () -> stub(type).withDeadlineAfter(300, TimeUnit.MILLISECONDS).hello(hello("wait")));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        greeter.assertNotGoingOn();
    }

    @ParameterizedTest
    @EnumSource
    void a_cancelled_call_is_cancelled_there_too(ContentType type) throws InterruptedException {
        Future<HelloReply> call = GreeterGrpc.newFutureStub(peer)
                .withOption(ContentType.OPTION, type)
                .hello(hello("wait"));
        assertThat(greeter.waiting.await(30, TimeUnit.SECONDS)).isTrue();

        call.cancel(true);

        assertThat(greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void what_was_sent_is_known_to_be_sent(ContentType type) {
        AtomicBoolean sent = new AtomicBoolean();

        Throwable thrown = catchThrowable(() ->
                stub(type).withOption(PeerChannel.SENT, () -> sent.set(true)).hello(hello("bad name")));

        assertThat(thrown).isNotNull();
        assertThat(sent).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void nobody_there_is_unavailable_and_not_sent_also_when_waiting_for_ready(ContentType type) throws IOException {
        int free;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = taken.getLocalPort();
        }
        AtomicBoolean sent = new AtomicBoolean();
        try (PeerChannel nobody = new GrpcProtocol().connect(new Address("127.0.0.1", free))) {
            Throwable thrown = catchThrowable(() -> GreeterGrpc.newBlockingStub(nobody)
                    .withOption(ContentType.OPTION, type)
                    .withOption(PeerChannel.SENT, () -> sent.set(true))
                    .withWaitForReady()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .hello(hello("")));

            assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
        assertThat(sent).isFalse();
    }

    @Test
    void an_endpoint_is_called_by_name_with_json() {
        byte[] reply = ClientCalls.blockingUnaryCall(
                peer,
                Methods.raw("hello.srv.say", "Greeter.Hello", MethodType.UNARY),
                CallOptions.DEFAULT.withOption(ContentType.OPTION, ContentType.JSON),
                "{\"from\":\"john\"}".getBytes(UTF_8));

        assertThat(new String(reply, UTF_8)).isEqualTo("{\"to\":\"john\",\"msg\":\"hello john\"}");
    }

    @Test
    void an_answer_over_the_limit_is_refused() {
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(ContentType.JSON).withMaxInboundMessageSize(10).hello(hello("")));

        assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(thrown.getStatus().getDescription()).contains("expected: at most 10");
    }

    @Test
    void requests_that_stream_in_json_are_refused_clearly() {
        Throwable thrown = catchThrowable(() -> ClientCalls.blockingUnaryCall(
                peer,
                Methods.raw("hello.srv.say", "Greeter.Chat", MethodType.BIDI_STREAMING),
                CallOptions.DEFAULT.withOption(ContentType.OPTION, ContentType.JSON),
                new byte[0]));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @ParameterizedTest
    @EnumSource
    void an_answer_may_stream(ContentType type) {
        assertThat(stub(type).count(CountRequest.newBuilder().setUpTo(1000).build()))
                .toIterable()
                .extracting(CountReply::getNumber)
                .hasSize(1000)
                .startsWith(1L, 2L, 3L)
                .endsWith(1000L);
    }

    @Test
    void a_stream_comes_as_fast_as_it_is_wanted_and_ends_when_it_is_cancelled() {
        List<Long> received = new CopyOnWriteArrayList<>();
        AtomicReference<Status> end = new AtomicReference<>();
        ClientCall<CountRequest, CountReply> call = peer.newCall(
                GreeterGrpc.getCountMethod(), CallOptions.DEFAULT.withOption(ContentType.OPTION, ContentType.JSON));
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(CountReply reply) {
                        received.add(reply.getNumber());
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.set(status);
                    }
                },
                new Metadata());
        call.request(2);
        call.sendMessage(CountRequest.newBuilder().setUpTo(1000).build());
        call.halfClose();

        await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSize(2));
        call.request(1);
        await().atMost(LONG).untilAsserted(() -> assertThat(received).hasSize(3));
        call.cancel("enough", null);

        await().atMost(LONG).untilAsserted(() -> assertThat(end.get()).isNotNull());
        assertThat(end.get()).extracting(Status::getCode).isEqualTo(Status.Code.CANCELLED);
        assertThat(received).containsExactly(1L, 2L, 3L);
    }

    @ParameterizedTest
    @EnumSource
    void a_connection_that_ended_is_made_anew(ContentType type) {
        assertThat(stub(type).hello(hello("")).getMsg()).isEqualTo("hello john");
        int port = host.address().port();
        host.close();
        assertThat(Status.fromThrowable(catchThrowable(() -> stub(type).hello(hello(""))))
                        .getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);

        try (ServiceHost again = GrpcServiceHost.builder(rollcall, "hello.srv.say")
                .address("127.0.0.1", port)
                .addService(greeter)
                .linger(Duration.ZERO)
                .start()) {
            assertThat(again.address().port()).isEqualTo(port);
            await().atMost(LONG)
                    .ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(stub(type).hello(hello("")).getMsg()).isEqualTo("hello john"));
        }
    }

    @Test
    void a_connection_that_fell_silent_is_given_up() {
        try (FaultProxy proxy = FaultProxy.to(host.address().toString());
                PeerChannel through = new GrpcProtocol().connect(Address.parse(proxy.endpoint()))) {
            GreeterGrpc.GreeterBlockingStub stub =
                    GreeterGrpc.newBlockingStub(through).withOption(ContentType.OPTION, ContentType.JSON);
            assertThat(stub.withDeadlineAfter(30, TimeUnit.SECONDS)
                            .hello(hello(""))
                            .getMsg())
                    .isEqualTo("hello john");
            proxy.blackHole();

            await().atMost(LONG).until(() -> {
                Throwable thrown = catchThrowable(
                        () -> stub.withDeadlineAfter(300, TimeUnit.MILLISECONDS).hello(hello("")));
                assertThat(Status.fromThrowable(thrown).getCode())
                        .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
                return proxy.accepted() > 1;
            });

            proxy.heal();
            assertThat(stub.withDeadlineAfter(30, TimeUnit.SECONDS)
                            .hello(hello(""))
                            .getMsg())
                    .isEqualTo("hello john");
        }
    }
}
