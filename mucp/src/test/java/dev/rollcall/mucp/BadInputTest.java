package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a peer sends, it gets a clear answer, and the others do not notice. */
final class BadInputTest {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String BODY = "{\"name\":\"john\"}";

    private Served served;

    @BeforeEach
    void start() throws IOException {
        served = new Served(new MucpLimits(100_000, 50, Duration.ofSeconds(5)));
    }

    @AfterEach
    void the_server_lives_on() {
        try (PeerChannel channel = new MucpProvider().connect(served.address())) {
            assertThat(GreeterGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(30, TimeUnit.SECONDS)
                            .hello(Req.newBuilder().setName("mary").build())
                            .getMsg())
                    .isEqualTo("hello mary");
        }
        served.close();
    }

    private static String post(String headers, String body) {
        return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String hello(String headers, String body) {
        return post("Micro-Endpoint: Greeter.Hello\r\n" + headers, body);
    }

    private RawSocket.Message answer(String request) throws IOException {
        try (RawSocket peer = served.connect()) {
            return peer.send(request).read();
        }
    }

    private static void assertError(RawSocket.Message answer, int code, String text) {
        assertThat(answer.first()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(answer.body()).isEmpty();
        assertThat(answer.header("Micro-Error"))
                .contains("\"code\":" + code)
                .contains("\"id\":\"go.micro.srv.greeter\"")
                .contains(text)
                .isEqualTo(answer.header("X-Micro-Error"));
    }

    @ParameterizedTest
    @CsvSource({
        "Greeter.Nope, rpc: can't find method Nope",
        "Nobody.Hello, rpc: can't find service Nobody",
        "Hello, rpc: service/endpoint request ill-formed: Hello",
        "a.b.c, rpc: service/endpoint request ill-formed: a.b.c",
        "., rpc: service/endpoint request ill-formed: .",
        "Greeter., rpc: service/endpoint request ill-formed: Greeter.",
    })
    void an_unknown_endpoint(String endpoint, String error) throws IOException {
        RawSocket.Message answer = answer(post("Micro-Endpoint: " + endpoint + "\r\n" + JSON, BODY));

        assertThat(answer.first()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(answer.header("Micro-Error")).isEqualTo(error);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Micro-Method", "X-Micro-Endpoint", "X-Micro-Method"})
    void an_endpoint_by_another_of_its_names(String name) throws IOException {
        assertThat(answer(post(name + ": Greeter.Hello\r\n" + JSON, BODY)).body())
                .isEqualTo("{\"msg\":\"hello john\"}");
    }

    @Test
    void no_header_of_mucp_at_all() throws IOException {
        assertError(answer(post(JSON, BODY)), 400, "no Micro-Endpoint header");
        assertError(answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "json-rpc");
    }

    @Test
    void a_message_of_a_topic() throws IOException {
        assertError(answer(post("Micro-Topic: news\r\n" + JSON, BODY)), 501, "Micro-Topic");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"name\":7", "{\"age\":\"many\"}", "\u00ff\u00fe"})
    void malformed_json(String body) throws IOException {
        assertError(answer(hello(JSON, body)), 400, "message: not readable (expected: JSON of Req)");
    }

    @Test
    void malformed_protobuf() throws IOException {
        assertError(answer(hello("", "\n\u0010john")), 400, "message: not readable (expected: protobuf)");
    }

    @Test
    void a_content_type_that_is_not_spoken() throws IOException {
        RawSocket.Message answer = answer(hello("Content-Type: text/xml\r\n", BODY));

        assertThat(answer.first()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(answer.header("Content-Type")).isEqualTo("text/plain");
        assertThat(answer.body()).isEqualTo("unsupported Content-Type: text/xml");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json; charset=utf-8",
                "application/grpc+json",
                "APPLICATION/JSON"
            })
    void json_by_each_of_its_names(String type) throws IOException {
        RawSocket.Message answer = answer(hello("Content-Type: " + type + "\r\n", BODY));

        assertThat(answer.body()).isEqualTo("{\"msg\":\"hello john\"}");
        assertThat(answer.header("Content-Type")).isEqualTo(type);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/protobuf",
                "application/octet-stream",
                "application/grpc",
                "application/grpc+proto",
                ""
            })
    void protobuf_by_each_of_its_names(String type) throws IOException {
        String header = type.isEmpty() ? "" : "Content-Type: " + type + "\r\n";

        RawSocket.Message answer = answer(hello(header, "\n\u0004john"));

        assertThat(answer.body()).isEqualTo("\n\nhello john");
        assertThat(answer.header("Content-Type")).isEqualTo(type.isEmpty() ? "application/protobuf" : type);
    }

    @Test
    void a_message_over_the_limit() throws IOException {
        assertError(answer(hello(JSON, "x".repeat(150_000))), 429, "message: over 100000 bytes");
    }

    @Test
    void a_message_over_the_limit_in_chunks() throws IOException {
        String chunk = "2710\r\n" + "x".repeat(10_000) + "\r\n";
        assertError(
                answer("POST / HTTP/1.1\r\nMicro-Endpoint: Greeter.Hello\r\nTransfer-Encoding: chunked\r\n" + JSON
                        + "\r\n" + chunk.repeat(20) + "0\r\n\r\n"),
                429,
                "message: over 100000 bytes");
    }

    @Test
    void a_caller_is_told_that_its_message_is_over_the_limit() {
        try (PeerChannel channel = new MucpProvider().connect(served.address())) {
            StatusRuntimeException thrown = Failures.of(() -> GreeterGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .hello(Req.newBuilder().setName("x".repeat(3_000_000)).build()));

            assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        }
    }

    @Test
    void more_headers_than_can_be_meant() throws IOException {
        RawSocket.Message answer = answer(hello("X-Bomb: " + "x".repeat(70_000) + "\r\n", BODY));
        assertThat(answer.first()).startsWith("HTTP/1.1 431 ");
        assertThat(answer.body()).contains("headers: over 65536 bytes");

        assertThat(answer(hello("X-Bomb: x\r\n".repeat(10_000), BODY)).first()).startsWith("HTTP/1.1 431 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-1", "5s", "1.5", "+1", "99999999999999999999", "0x10"})
    void a_timeout_that_is_no_number(String timeout) throws IOException {
        assertError(
                answer(hello(JSON + "Timeout: " + timeout + "\r\n", BODY)),
                400,
                "timeout: \\\"" + timeout + "\\\" (expected: nanoseconds");
    }

    @Test
    void the_longest_timeout_that_go_can_write() throws IOException {
        assertThat(answer(hello(JSON + "Timeout: 9223372036854775807\r\n", BODY))
                        .body())
                .isEqualTo("{\"msg\":\"hello john\"}");
    }

    @Test
    void bytes_that_are_no_http() throws IOException {
        assertThat(answer("\u0016\u0003\u0001 no http at all\r\n\r\n").first()).startsWith("HTTP/1.1 400 ");
        assertThat(answer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").first()).isNotEmpty();
        Random random = new Random(7);
        for (int i = 0; i < 50; i++) {
            byte[] bytes = new byte[200];
            random.nextBytes(bytes);
            try (RawSocket peer = served.connect()) {
                peer.socket().getOutputStream().write(bytes);
            }
        }
    }

    @Test
    void a_length_that_is_no_number() throws IOException {
        assertThat(answer("POST / HTTP/1.1\r\nMicro-Endpoint: Greeter.Hello\r\nContent-Length: x\r\n\r\n")
                        .first())
                .startsWith("HTTP/1.1 400 ");
        assertThat(answer("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
                        .first())
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void many_requests_at_once_on_one_connection() throws IOException {
        try (RawSocket peer = served.connect()) {
            peer.send(hello(JSON, BODY).repeat(500));
            for (int i = 0; i < 500; i++) {
                assertThat(peer.read().body()).isEqualTo("{\"msg\":\"hello john\"}");
            }
            peer.send(post("Micro-Endpoint: Greeter.Nope\r\n" + JSON, BODY).repeat(2000));
            for (int i = 0; i < 2000; i++) {
                assertThat(peer.read().header("Micro-Error")).isEqualTo("rpc: can't find method Nope");
            }
            String eos = post("Micro-Stream: 1\r\nMicro-Error: EOS\r\n", "");
            peer.send(eos.repeat(5000) + hello(JSON, BODY));
            assertThat(peer.read().body()).isEqualTo("{\"msg\":\"hello john\"}");
        }
    }

    @Test
    void calls_streams_and_mistakes_at_once_on_one_connection() throws IOException {
        String bad = post("Micro-Endpoint: Greeter.Nope\r\n" + JSON, BODY);
        String count = "Micro-Endpoint: Greeter.Count\r\nMicro-Stream: %d\r\n" + JSON;
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            String stream = String.format(count, i);
            all.append(bad).append(hello(JSON, BODY)).append(hello(JSON, BODY)).append(bad);
            all.append(post(stream, "")).append(post(stream, "{\"name\":\"n\"}"));
            all.append(post(stream + "Micro-Error: EOS\r\n", ""));
        }
        try (RawSocket peer = served.connect()) {
            peer.send(all.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(peer.read().header("Micro-Error")).isEqualTo("rpc: can't find method Nope");
                assertThat(peer.read().body()).isEqualTo("{\"msg\":\"hello john\"}");
                assertThat(peer.read().body()).isEqualTo("{\"msg\":\"hello john\"}");
                assertThat(peer.read().header("Micro-Error")).isEqualTo("rpc: can't find method Nope");
                assertThat(peer.read().body()).isEqualTo("{\"msg\":\"n0\"}");
                assertThat(peer.read().body()).isEqualTo("{\"msg\":\"n1\"}");
                RawSocket.Message end = peer.read();
                assertThat(end.header("Micro-Error")).isEqualTo("EOS");
                assertThat(end.header("Micro-Stream")).isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    void a_request_that_never_ends() throws IOException {
        try (RawSocket headers = served.connect();
                RawSocket body = served.connect()) {
            headers.send("POST / HTTP/1.1\r\nMicro-Endpoint: Gre");
            body.send("POST / HTTP/1.1\r\nMicro-Endpoint: Greeter.Hello\r\nContent-Length: 15\r\n\r\n{\"na");

            assertThatThrownBy(headers::read).isInstanceOf(EOFException.class);
            assertThatThrownBy(body::read).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void a_caller_that_goes_away_in_the_middle() throws Exception {
        try (RawSocket peer = served.connect()) {
            peer.send(hello(JSON, "{\"name\":\"hold\"}"));
            assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        await().atMost(Duration.ofSeconds(30)).until(() -> served.server.connected() == 0);
    }

    @Test
    void more_connections_than_may_be() throws IOException {
        RawSocket[] peers = new RawSocket[50];
        for (int i = 0; i < peers.length; i++) {
            peers[i] = served.connect();
            assertThat(peers[i].send(hello(JSON, BODY)).read().body()).isNotEmpty();
        }
        try (RawSocket one = served.connect()) {
            assertThatThrownBy(one::read).isInstanceOf(IOException.class);
        }
        for (RawSocket each : peers) {
            each.close();
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> served.server.connected() == 0);
    }

    @Test
    void a_stream_without_its_header() throws IOException {
        assertError(
                answer(post("Micro-Endpoint: Greeter.Count\r\n" + JSON, BODY)),
                400,
                "Greeter.Count: is a stream (expected: a Micro-Stream header)");
    }

    @Test
    void two_streams_on_one_connection() throws IOException {
        String chat = "Micro-Endpoint: Greeter.Chat\r\n" + JSON;
        RawSocket.Message answer =
                answer(post(chat + "Micro-Stream: 1\r\n", "") + post(chat + "Micro-Stream: 2\r\n", BODY));

        assertError(answer, 408, "Micro-Stream");
    }

    @Test
    void a_caller_that_wants_the_connection_closed() throws IOException {
        try (RawSocket peer = served.connect()) {
            assertThat(peer.send(hello(JSON + "Connection: close\r\n", BODY))
                            .read()
                            .body())
                    .isNotEmpty();
            assertThatThrownBy(peer::read).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void a_caller_that_asks_before_it_sends_the_body() throws IOException {
        try (RawSocket peer = served.connect()) {
            String request = hello(JSON + "Expect: 100-continue\r\n", BODY);
            peer.send(request.substring(0, request.length() - BODY.length()));
            assertThat(peer.read().first()).isEqualTo("HTTP/1.1 100 Continue");
            assertThat(peer.send(BODY).read().body()).isEqualTo("{\"msg\":\"hello john\"}");
        }
    }
}
