package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.Methods;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generated stubs over our client and our server. */
final class UnaryCallTest {
    private static final Metadata.Key<String> TEXT = Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> BYTES = Metadata.Key.of("x-bytes-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private Served served;
    private PeerChannel channel;

    @BeforeEach
    void start() throws IOException {
        served = Served.greeter();
        channel = new MucpProvider().connect(served.address());
    }

    @AfterEach
    void stop() {
        channel.close();
        served.close();
    }

    private GreeterGrpc.GreeterBlockingStub stub() {
        return GreeterGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    private static StatusRuntimeException failure(ThrowingCallable call) {
        return Failures.of(call);
    }

    @ParameterizedTest
    @EnumSource
    void a_stub_calls_an_implementation(ContentType type) {
        Rsp answer = stub().withOption(ContentType.OPTION, type).hello(req("caf\u00e9 \u4e16\u754c"));

        assertThat(answer.getMsg()).isEqualTo("hello caf\u00e9 \u4e16\u754c");
    }

    @Test
    void a_call_without_generated_code_sends_json_as_it_is() {
        byte[] answer = ClientCalls.blockingUnaryCall(
                channel,
                Methods.raw("hello.srv.say", "Greeter.Hello", MethodType.UNARY),
                CallOptions.DEFAULT.withOption(ContentType.OPTION, ContentType.JSON),
                "{\"name\":\"john\",\"unknown\":1}".getBytes(StandardCharsets.UTF_8));

        assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo("{\"msg\":\"hello john\"}");
    }

    @Test
    void metadata_travels_both_ways() throws Exception {
        Metadata sent = new Metadata();
        sent.put(TEXT, "one");
        sent.put(TEXT, "two");
        sent.put(BYTES, new byte[] {0, -1, 7});
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        try (Served echoing = new Served(MucpLimits.SERVER, new Echo());
                PeerChannel to = new MucpProvider().connect(echoing.address())) {
            GreeterGrpc.newBlockingStub(to)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .withInterceptors(
                            MetadataUtils.newAttachHeadersInterceptor(sent),
                            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
                    .hello(req("john"));

            Metadata seen = echoing.greeter.metadata.remove();
            assertThat(seen.get(TEXT)).isEqualTo("one, two");
            assertThat(seen.get(BYTES)).containsExactly(0, -1, 7);
            assertThat(Objects.requireNonNull(headers.get()).get(Echo.ANSWER)).isEqualTo("one, two");
        }
    }

    @Test
    void errors_arrive_without_loss() {
        StatusRuntimeException bad = failure(() -> stub().hello(req("bad")));
        assertThat(bad.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(MicroError.from(bad)).contains(MicroError.of("go.micro.srv.greeter", 400, "bad name bad"));

        StatusRuntimeException plain = failure(() -> stub().hello(req("plain")));
        assertThat(plain.getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
        assertThat(MicroError.from(plain).orElseThrow().detail()).isEqualTo("plain failure");
    }

    @Test
    void what_a_handler_fails_with_stays_with_the_server() {
        StatusRuntimeException secret = failure(() -> stub().hello(req("secret")));

        assertThat(secret.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(secret.getMessage()).contains("internal error").doesNotContain("1234");
        assertThat(stub().hello(req("john")).getMsg()).isEqualTo("hello john");
    }

    @Test
    void an_unknown_method_is_unimplemented() {
        StatusRuntimeException thrown = failure(() -> ClientCalls.blockingUnaryCall(
                channel, Methods.raw("", "Nobody.Hello", MethodType.UNARY), CallOptions.DEFAULT, new byte[0]));

        assertThat(thrown).hasMessage("UNIMPLEMENTED: rpc: can't find service Nobody");
    }

    @Test
    void a_deadline_ends_the_call_at_both_sides() throws Exception {
        StatusRuntimeException thrown = failure(() -> GreeterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(2, TimeUnit.SECONDS)
                .hello(req("hold")));

        assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void the_deadline_of_the_surrounding_context_counts() throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try (Context.CancellableContext context = Context.current().withDeadlineAfter(20, TimeUnit.SECONDS, timer)) {
            context.call(() -> stub().hello(req("john")));
            assertThat(served.greeter.remaining.remove()).isBetween(1L, TimeUnit.SECONDS.toNanos(20));
        } finally {
            timer.shutdownNow();
        }
    }

    @Test
    void a_server_ends_a_call_at_its_deadline_by_itself() throws IOException {
        try (RawSocket peer = served.connect()) {
            RawSocket.Message answer = peer.send(
                            "POST / HTTP/1.1\r\nMicro-Endpoint: Greeter.Hello\r\nTimeout: 50000000\r\n"
                                    + "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"name\":\"hold\"}")
                    .read();

            assertThat(answer.header("Micro-Error")).contains("\"code\":408").contains("deadline is over");
        }
    }

    @Test
    void a_cancelled_call_is_cancelled_at_the_server() throws Exception {
        Future<Rsp> call = GreeterGrpc.newFutureStub(channel).hello(req("hold"));
        assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(call.cancel(true)).isTrue();

        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(stub().hello(req("john")).getMsg()).isEqualTo("hello john");
    }

    @Test
    void twenty_thousand_calls_go_over_one_connection() {
        var stub = GreeterGrpc.newBlockingStub(channel);
        for (int i = 0; i < 20_000; i++) {
            assertThat(stub.hello(req("load" + i)).getMsg()).isEqualTo("hello load" + i);
        }
        assertThat(served.server.connected()).isEqualTo(1);
    }

    @Test
    void many_callers_share_the_connections() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(150);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int caller = 0; caller < 150; caller++) {
                String name = "load" + caller;
                all.add(callers.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        assertThat(stub().hello(req(name)).getMsg()).isEqualTo("hello " + name);
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        assertThat(served.server.connected()).isBetween(1, ConnectionPool.MOST);
    }

    @Test
    void a_call_says_when_it_may_have_reached_the_server() throws IOException {
        AtomicInteger sent = new AtomicInteger();
        stub().withOption(PeerChannel.SENT, sent::incrementAndGet).hello(req("john"));
        assertThat(sent).hasValue(1);

        served.close();
        try (PeerChannel nowhere = new MucpProvider().connect(served.address())) {
            StatusRuntimeException thrown = failure(() -> GreeterGrpc.newBlockingStub(nowhere)
                    .withOption(PeerChannel.SENT, sent::incrementAndGet)
                    .hello(req("john")));
            assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(thrown).hasMessageContaining("connect to " + served.address());
            assertThat(sent).hasValue(1);
        }
    }

    @Test
    void a_call_whose_request_cannot_be_made_ends() {
        StatusRuntimeException thrown = failure(() -> stub().withOption(PeerChannel.SENT, () -> {
                    throw new IllegalStateException("no");
                })
                .hello(req("john")));

        assertThat(thrown).hasMessage("INTERNAL: request: cannot be written");
        assertThat(stub().hello(req("john")).getMsg()).isEqualTo("hello john");
    }

    @Test
    void a_closed_channel_takes_no_calls() {
        channel.close();
        channel.close();

        assertThat(failure(() -> stub().hello(req("john")))).hasMessage("UNAVAILABLE: the channel was closed");
    }

    @Test
    void a_call_under_way_outlives_the_close_of_its_channel() throws Exception {
        Future<Rsp> call = GreeterGrpc.newFutureStub(channel).hello(req("hold"));
        assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();

        channel.close();
        served.greeter.released.countDown();

        assertThat(call.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("held");
    }

    @Test
    void credentials_of_a_call_are_refused_rather_than_left_out() {
        StatusRuntimeException thrown = failure(() -> stub().withCallCredentials(new CallCredentials() {
                    @Override
                    public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
                        applier.apply(new Metadata());
                    }
                })
                .hello(req("john")));

        assertThat(thrown).hasMessage("UNIMPLEMENTED: call credentials: not taken over mucp (expected: metadata)");
        assertThat(served.greeter.calls).hasValue(0);
    }

    @Test
    void callbacks_run_on_the_executor_of_the_call() throws Exception {
        CompletableFuture<String> thread = new CompletableFuture<>();
        ExecutorService mine = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        try {
            GreeterGrpc.newStub(channel)
                    .withExecutor(mine)
                    .hello(
                            req("john"),
                            Answers.of(answer ->
                                    thread.complete(Thread.currentThread().getName())));
            assertThat(thread.get(30, TimeUnit.SECONDS)).isEqualTo("mine");
        } finally {
            mine.shutdownNow();
        }
    }

    @Test
    void an_answer_over_the_limit_is_an_error_of_that_call_only() {
        Req large = Req.newBuilder().setName("large").setAge(5 * 1024 * 1024).build();

        StatusRuntimeException thrown = failure(() -> stub().hello(large));

        assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(stub().hello(req("john")).getMsg()).isEqualTo("hello john");
    }

    @Test
    void a_call_that_waits_for_a_connection_ends_at_its_deadline() throws Exception {
        List<Future<Rsp>> holding = new ArrayList<>();
        for (int i = 0; i < ConnectionPool.MOST; i++) {
            holding.add(GreeterGrpc.newFutureStub(channel).hello(req("hold")));
        }
        StatusRuntimeException thrown = failure(() -> GreeterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                .hello(req("john")));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);

        Future<Rsp> waiting = GreeterGrpc.newFutureStub(channel).hello(req("john"));
        served.greeter.released.countDown();
        assertThat(waiting.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("hello john");
        for (Future<Rsp> each : holding) {
            assertThat(each.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("held");
        }
    }

    @Test
    void calls_that_wait_are_bounded() {
        List<Future<Rsp>> all = new ArrayList<>();
        for (int i = 0; i <= ConnectionPool.MOST + ConnectionPool.MOST_WAITING; i++) {
            all.add(GreeterGrpc.newFutureStub(channel).hello(req("hold")));
        }
        Future<Rsp> last = all.get(all.size() - 1);
        assertThatThrownBy(() -> last.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("RESOURCE_EXHAUSTED");
        all.forEach(each -> each.cancel(true));
    }
}
