package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams of generated stubs over our client and our server. */
final class StreamCallTest {
    private static final Duration SOON = Duration.ofSeconds(30);

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

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    private static Req req(String name, long age) {
        return Req.newBuilder().setName(name).setAge(age).build();
    }

    @ParameterizedTest
    @EnumSource(ContentType.class)
    void a_server_streams(ContentType type) {
        Iterator<Rsp> answers = GreeterGrpc.newBlockingStub(channel)
                .withOption(ContentType.OPTION, type)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .count(req("n", 1000));

        List<String> all = new ArrayList<>();
        answers.forEachRemaining(answer -> all.add(answer.getMsg()));
        assertThat(all).hasSize(1000).startsWith("n0", "n1").endsWith("n999");
    }

    @Test
    void a_stream_ends_with_its_error() {
        Iterator<Rsp> answers = GreeterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .count(req("bad", 1));

        assertThat(answers.next().getMsg()).isEqualTo("bad0");
        assertThatThrownBy(answers::hasNext).isInstanceOfSatisfying(StatusRuntimeException.class, thrown -> {
            assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
            assertThat(MicroError.from(thrown)).contains(MicroError.of("go.micro.srv.greeter", 409, "had enough"));
        });
    }

    @ParameterizedTest
    @EnumSource(ContentType.class)
    void a_client_streams(ContentType type) throws Exception {
        BlockingQueue<Rsp> answer = new LinkedBlockingQueue<>();
        Answers<Rsp> end = Answers.of(answer::add);
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel)
                .withOption(ContentType.OPTION, type)
                .collect(end);
        for (int i = 0; i < 100; i++) {
            requests.onNext(req(Integer.toString(i)));
        }
        requests.onCompleted();

        end.end.get(30, TimeUnit.SECONDS);
        assertThat(answer).hasSize(1);
        assertThat(answer.remove().getMsg()).startsWith("0,1,2,").endsWith(",98,99");
    }

    @ParameterizedTest
    @EnumSource(ContentType.class)
    void both_sides_stream(ContentType type) throws Exception {
        BlockingQueue<Rsp> answers = new LinkedBlockingQueue<>();
        Answers<Rsp> end = Answers.of(answers::add);
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel)
                .withOption(ContentType.OPTION, type)
                .chat(end);
        for (String name : List.of("john", "mary", "")) {
            requests.onNext(req(name));
            assertThat(answers.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(Rsp.newBuilder().setMsg("hello " + name).build());
        }
        requests.onCompleted();

        end.end.get(30, TimeUnit.SECONDS);
        assertThat(answers).isEmpty();
    }

    @Test
    void a_stream_has_a_connection_of_its_own_until_it_ends() throws Exception {
        GreeterGrpc.newBlockingStub(channel).hello(req("john"));
        Answers<Rsp> end = Answers.of(answer -> {});
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel).chat(end);
        requests.onNext(req("john"));
        await().atMost(SOON).until(() -> served.server.connected() == 2);

        requests.onCompleted();

        end.end.get(30, TimeUnit.SECONDS);
        await().atMost(SOON).until(() -> served.server.connected() == 1);
    }

    @Test
    void a_cancelled_stream_is_cancelled_at_the_server() throws Exception {
        BlockingQueue<Rsp> answers = new LinkedBlockingQueue<>();
        Answers<Rsp> end = Answers.of(answers::add);
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel).chat(end);
        requests.onNext(req("john"));
        assertThat(answers.poll(30, TimeUnit.SECONDS)).isNotNull();

        requests.onError(new IllegalStateException("no more"));

        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> end.end.get(30, TimeUnit.SECONDS)).hasMessageContaining("CANCELLED");
    }

    @Test
    void a_server_stream_that_is_left_is_cancelled_at_the_server() throws Exception {
        Context.CancellableContext context = Context.current().withCancellation();
        Answers<Rsp> end = Answers.of(answer -> {});
        context.run(() -> GreeterGrpc.newStub(channel).count(req("hold"), end));
        assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();

        context.cancel(null);

        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> end.end.get(30, TimeUnit.SECONDS)).hasMessageContaining("CANCELLED");
    }

    @Test
    void a_server_may_take_its_time_after_the_last_message() throws Exception {
        BlockingQueue<Rsp> answer = new LinkedBlockingQueue<>();
        Answers<Rsp> end = Answers.of(answer::add);
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel).collect(end);
        requests.onNext(req("hold"));
        requests.onCompleted();
        assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> end.end.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

        served.greeter.released.countDown();

        end.end.get(30, TimeUnit.SECONDS);
        assertThat(answer.remove().getMsg()).isEqualTo("held");
    }

    /** A go-micro server takes the end of the caller's half for the end of all, and says nothing more when its handler is done. */
    @Test
    void a_stream_that_a_go_server_has_forgotten_is_over() throws Exception {
        String message =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n" + "{\"msg\":\"hi\"}";
        try (ScriptedServer go = new ScriptedServer((self, nth, peer) -> {
                    for (int i = 0; i < 4; i++) {
                        self.read(peer); // opening, message, EOS, and a question while the handler works
                    }
                    peer.send(message);
                    String endpoint = self.read(peer).header("Micro-Endpoint");
                    peer.send("HTTP/1.1 200 OK\r\nMicro-Error: rpc: can't find service "
                            + endpoint.substring(0, endpoint.indexOf('.')) + "\r\nContent-Length: 0\r\n\r\n");
                    self.read(peer);
                });
                PeerChannel to = new MucpProvider().connect(go.address())) {
            BlockingQueue<Rsp> answers = new LinkedBlockingQueue<>();
            Answers<Rsp> end = Answers.of(answers::add);
            StreamObserver<Req> requests = GreeterGrpc.newStub(to)
                    .withOption(ContentType.OPTION, ContentType.JSON)
                    .chat(end);
            requests.onNext(req("john"));
            requests.onCompleted();

            end.end.get(30, TimeUnit.SECONDS);
            assertThat(answers).hasSize(1);
        }
    }

    @Test
    void a_deadline_ends_a_stream_at_both_sides() throws Exception {
        Answers<Rsp> end = Answers.of(answer -> {});
        StreamObserver<Req> requests = GreeterGrpc.newStub(channel)
                .withDeadlineAfter(2, TimeUnit.SECONDS)
                .chat(end);
        requests.onNext(req("john"));

        assertThatThrownBy(() -> end.end.get(30, TimeUnit.SECONDS)).hasMessageContaining("DEADLINE_EXCEEDED");
        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_server_that_goes_away_ends_its_streams() throws Exception {
        Answers<Rsp> end = Answers.of(answer -> {});
        GreeterGrpc.newStub(channel).chat(end).onNext(req("john"));
        await().atMost(SOON).until(() -> served.greeter.calls.get() == 1);

        served.close();

        assertThatThrownBy(() -> end.end.get(30, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
    }

    @Test
    void a_slow_reader_holds_its_handler_back_and_loses_nothing() throws Exception {
        int messages = 1000; // 100 MB, more than the kernel takes
        CompletableFuture<Status> end = new CompletableFuture<>();
        AtomicInteger received = new AtomicInteger();
        ClientCall<Req, Rsp> call = channel.newCall(GreeterGrpc.getCountMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(Rsp message) {
                        received.incrementAndGet();
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(req("x".repeat(100_000), messages));
        call.halfClose();
        await().atMost(SOON).until(() -> received.get() == 1);
        AtomicInteger before = new AtomicInteger(-1);
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> before.getAndSet(served.greeter.sent.get()) == served.greeter.sent.get());

        assertThat(served.greeter.sent.get()).isLessThan(messages);
        assertThat(received).hasValue(1);

        call.request(messages);
        assertThat(end.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
        assertThat(received).hasValue(messages);
    }

    @Test
    void a_caller_that_does_not_ask_whether_it_may_write_is_stopped_before_memory_is_full() throws Exception {
        try (ScriptedServer deaf =
                        new ScriptedServer((self, nth, peer) -> new java.util.concurrent.CountDownLatch(1).await());
                PeerChannel to = new MucpProvider().connect(deaf.address())) {
            Answers<Rsp> end = Answers.of(answer -> {});
            StreamObserver<Req> requests = GreeterGrpc.newStub(to).chat(end);
            Req megabyte = req("x".repeat(1024 * 1024));
            for (int i = 0; i < 100; i++) {
                requests.onNext(megabyte);
            }
            assertThatThrownBy(() -> end.end.get(30, TimeUnit.SECONDS)).hasMessageContaining("RESOURCE_EXHAUSTED");
        }
    }
}
