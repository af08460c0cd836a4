package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What real go-micro programs sent each other, sent to our server and answered to our client. */
final class GoCaptureTest {
    private static final Metadata.Key<String> USER = Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> LOWER = Metadata.Key.of("lower_key", Metadata.ASCII_STRING_MARSHALLER);
    private static final String UNARY = "mucp unary application/json ";

    static java.util.stream.Stream<String> files() {
        return Capture.files();
    }

    private static RawSocket.Message serve(Served served, String file, String heading) throws IOException {
        try (RawSocket peer = served.connect()) {
            return peer.send(Capture.of(file, heading).toServer()).read();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_go_client_is_answered(String file) throws IOException {
        try (Served served = Served.greeter()) {
            RawSocket.Message answer = serve(served, file, UNARY + "john");

            assertThat(answer.first()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(answer.body()).isEqualTo("{\"msg\":\"hello john\"}");
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            assertThat(answer.header("Micro-Id")).isEqualTo("0");
            assertThat(answer.header("X-Micro-Id")).isEqualTo("0");
            assertThat(answer.header("Micro-Error")).isEmpty();
            Metadata seen = served.greeter.metadata.remove();
            assertThat(seen.get(USER)).isEqualTo("u1");
            assertThat(seen.get(LOWER)).isEqualTo("v");
            assertThat(seen.keys()).containsExactlyInAnyOrder("x-user-id", "lower_key");
            assertThat(served.greeter.remaining.remove()).isBetween(1L, TimeUnit.SECONDS.toNanos(5));
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_go_client_reads_our_errors(String file) throws IOException {
        try (Served served = Served.greeter()) {
            RawSocket.Message bad = serve(served, file, UNARY + "bad");
            assertThat(bad.header("Micro-Error"))
                    .isEqualTo("{\"id\":\"go.micro.srv.greeter\",\"code\":400,\"detail\":\"bad name bad\","
                            + "\"status\":\"Bad Request\"}")
                    .isEqualTo(bad.header("X-Micro-Error"));
            assertThat(bad.first()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(bad.body()).isEmpty();

            RawSocket.Message plain = serve(served, file, UNARY + "plain");
            assertThat(MicroError.parse(plain.header("Micro-Error")).detail()).isEqualTo("plain failure");

            RawSocket.Message unknown = serve(served, file, "mucp unknown method");
            assertThat(unknown.header("Micro-Error")).isEqualTo("rpc: can't find method Nope");
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_go_client_reads_our_stream(String file) throws IOException {
        try (Served served = Served.greeter();
                RawSocket peer = served.connect()) {
            peer.send(Capture.of(file, "mucp stream").toServer());

            for (String expected : new String[] {"{\"msg\":\"n0\"}", "{\"msg\":\"n1\"}"}) {
                RawSocket.Message message = peer.read();
                assertThat(message.body()).isEqualTo(expected);
                assertThat(message.header("Micro-Stream")).isEqualTo("4");
                assertThat(message.header("Micro-Error")).isEmpty();
            }
            RawSocket.Message end = peer.read();
            assertThat(end.header("Micro-Error")).isEqualTo("EOS");
            assertThat(end.header("Micro-Stream")).isEqualTo("4");
            assertThat(end.body()).isEmpty();

            // the EOS that Go sends after the end is swallowed, and the connection serves on
            RawSocket.Message next =
                    peer.send(Capture.of(file, UNARY + "john").toServer()).read();
            assertThat(next.body()).isEqualTo("{\"msg\":\"hello john\"}");
        }
    }

    private interface Calling {
        void with(GreeterGrpc.GreeterBlockingStub stub, ScriptedServer server) throws Exception;
    }

    /** Calls a server that reads so many requests and then answers as the Go program did. */
    private static void call(String file, String heading, int requests, Calling calling) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer((self, nth, peer) -> {
                    for (int i = 0; i < requests; i++) {
                        self.read(peer);
                    }
                    peer.send(Capture.of(file, heading).toClient());
                    over.await();
                });
                PeerChannel channel = new MucpProvider().connect(server.address())) {
            calling.with(
                    GreeterGrpc.newBlockingStub(channel)
                            .withOption(ContentType.OPTION, ContentType.JSON)
                            .withDeadlineAfter(30, TimeUnit.SECONDS),
                    server);
        } finally {
            over.countDown();
        }
    }

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_go_server_is_called(String file) throws Exception {
        call(file, UNARY + "john", 1, (stub, server) -> {
            Metadata metadata = new Metadata();
            metadata.put(USER, "u1");
            metadata.put(LOWER, "v");

            Rsp answer = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                    .hello(req("john"));

            assertThat(answer.getMsg()).isEqualTo("hello john");
            RawSocket.Message sent = server.received.remove();
            assertThat(sent.first()).isEqualTo("POST / HTTP/1.1");
            assertThat(sent.body()).isEqualTo("{\"name\":\"john\"}");
            assertThat(sent.headers())
                    .containsEntry("Accept", "application/json")
                    .containsEntry("Content-Type", "application/json")
                    .containsEntry("Lower_key", "v")
                    .containsEntry("X-User-Id", "u1")
                    .containsEntry("Micro-Endpoint", "Greeter.Hello")
                    .containsEntry("Micro-Method", "Greeter.Hello")
                    .containsEntry("Micro-Service", "go.micro.srv.greeter")
                    .containsEntry("Micro-Id", "0")
                    .containsEntry("Host", server.address().toString())
                    .containsKey("Timeout");
            assertThat(Long.parseLong(sent.header("Timeout"))).isBetween(1L, TimeUnit.SECONDS.toNanos(30));
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void errors_of_a_go_server_are_read(String file) throws Exception {
        call(
                file,
                UNARY + "bad",
                1,
                (stub, server) -> assertThatThrownBy(() -> stub.hello(req("bad")))
                        .isInstanceOfSatisfying(StatusRuntimeException.class, thrown -> {
                            assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                            assertThat(MicroError.from(thrown))
                                    .contains(
                                            new MicroError("go.micro.srv.greeter", 400, "bad name bad", "Bad Request"));
                        }));
        call(
                file,
                UNARY + "plain",
                1,
                (stub, server) ->
                        assertThatThrownBy(() -> stub.hello(req("plain"))).hasMessage("UNKNOWN: plain failure"));
        call(
                file,
                "mucp unknown method",
                1,
                (stub, server) -> assertThatThrownBy(() -> stub.hello(req("x")))
                        .hasMessage("UNIMPLEMENTED: rpc: can't find method Nope"));
    }

    /** The Go server has a bug that repeats a buffer: both messages are n1 in the capture. */
    @ParameterizedTest
    @MethodSource("files")
    void a_stream_of_a_go_server_is_read(String file) throws Exception {
        call(file, "mucp stream", 2, (stub, server) -> {
            assertThat(stub.count(req("n")))
                    .toIterable()
                    .extracting(Rsp::getMsg)
                    .containsExactly("n1", "n1");

            RawSocket.Message opening = server.received.remove();
            RawSocket.Message message = server.received.remove();
            assertThat(opening.body()).isEmpty();
            assertThat(message.body()).isEqualTo("{\"name\":\"n\"}");
            assertThat(message.header("Micro-Stream"))
                    .isNotEmpty()
                    .isEqualTo(opening.header("Micro-Stream"))
                    .isEqualTo(opening.header("Micro-Id"));
            assertThat(opening.header("Micro-Endpoint")).isEqualTo("Greeter.Count");
        });
    }
}
