package dev.rollcall.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.servertest.GreeterGrpc;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.ServiceHost;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a caller sends: a clear status for that caller, and the server lives on. */
class BadInputTest {
    private static final String HELLO = "/hello.srv.say.Greeter/Hello";
    private static final Headers JSON =
            Headers.of("content-type", "application/grpc+json", "x-content-type", "application/grpc+json");

    private final Rollcall rollcall = Rollcall.connect("memory:");
    private final ServiceHost host = GrpcServiceHost.builder(rollcall, "hello.srv.say")
            .address("127.0.0.1", 0)
            .addService(new TestGreeter())
            .linger(Duration.ZERO)
            .start();
    private final RawHttp2 http = new RawHttp2(host.address().port());
    private final ManagedChannel channel = Grpc.newChannelBuilder(
                    "127.0.0.1:" + host.address().port(), InsecureChannelCredentials.create())
            .build();

    @AfterEach
    void the_server_lives_on() throws IOException, InterruptedException {
        try (RawHttp2 another = new RawHttp2(host.address().port())) {
            assertThat(another.call(HELLO, JSON, "{\"from\":\"john\"}".getBytes(UTF_8))
                            .status())
                    .isZero();
        }
        http.close();
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        host.close();
        rollcall.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[1]", "{\"from\":{}}", "\u0000", "nonsense", "{\"from\":\"\\uD800"})
    void malformed_json(String json) throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, JSON, json.getBytes(UTF_8));

        assertThat(answer.status()).isEqualTo(3);
        assertThat(answer.message()).contains("\"code\":400", "JSON of HelloRequest");
    }

    @Test
    void json_nested_beyond_measure() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, JSON, "[".repeat(1_000_000).getBytes(UTF_8));

        assertThat(answer.status()).isEqualTo(3);
    }

    @Test
    void malformed_protobuf() throws IOException {
        RawHttp2.Answer answer =
                http.call(HELLO, Headers.of("content-type", "application/grpc"), new byte[] {(byte) 0xff, 1, 2});

        assertThat(answer.status()).isEqualTo(3);
        assertThat(answer.message()).isEqualTo("message: not readable (expected: protobuf)");
    }

    @Test
    void an_unknown_content_type_of_grpc() throws IOException {
        RawHttp2.Answer answer =
                http.call(HELLO, Headers.of("content-type", "application/grpc+xml"), "<a/>".getBytes(UTF_8));

        assertThat(answer.status()).isEqualTo(3);
        assertThat(answer.message()).startsWith("content-type: \"application/grpc+xml\" (expected: ");
    }

    @Test
    void a_content_type_that_is_not_grpc() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, Headers.of("content-type", "application/json"), "{}".getBytes(UTF_8));

        assertThat(answer.http()).isEqualTo(415);
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-1", "", "1.5", "99999999999999999999999"})
    void a_timeout_that_is_not_a_number(String timeout) throws IOException {
        RawHttp2.Answer answer =
                http.call(HELLO, JSON.newBuilder().add("timeout", timeout).build(), "{}".getBytes(UTF_8));

        assertThat(answer.status()).isEqualTo(3);
        assertThat(answer.message()).contains("timeout: \\\"" + timeout + "\\\" (expected: a number of nanoseconds)");
    }

    @Test
    void a_message_over_the_limit() {
        HelloRequest large = HelloRequest.newBuilder()
                .setMsg("x".repeat(GrpcServiceHost.LARGEST_MESSAGE))
                .build();

        assertThatThrownBy(() -> GreeterGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .hello(large))
                .isInstanceOf(StatusRuntimeException.class)
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void two_messages_for_one() throws IOException {
        Headers plain = Headers.of("content-type", "application/grpc");
        RawHttp2.Answer answer = http.call(HELLO, plain, new byte[0], new byte[0]);

        assertThat(answer.status()).isEqualTo(13);
        assertThat(answer.message()).isEqualTo("Too many requests");
    }

    @Test
    void headers_over_the_limit() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, withHeaders(70), "{}".getBytes(UTF_8));

        assertThat(answer.http()).isEqualTo(431);
    }

    @Test
    void a_header_bomb_ends_its_connection() {
        assertThatThrownBy(() -> http.call(HELLO, withHeaders(1000), "{}".getBytes(UTF_8)))
                .isInstanceOf(IOException.class);
    }

    private static Headers withHeaders(int kilobytes) {
        Headers.Builder headers = JSON.newBuilder();
        for (int i = 0; i < kilobytes; i++) {
            headers.add("x-bomb-" + i, "x".repeat(1000));
        }
        return headers.build();
    }

    @Test
    void no_message_at_all() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, JSON);

        assertThat(answer.status()).isEqualTo(13);
        assertThat(answer.message()).contains("Half-closed without a request");
    }
}
