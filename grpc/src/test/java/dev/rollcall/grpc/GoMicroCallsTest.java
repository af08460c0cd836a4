package dev.rollcall.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.Rollcall;
import dev.rollcall.grpc.servertest.CountReply;
import dev.rollcall.grpc.servertest.CountRequest;
import dev.rollcall.grpc.servertest.HelloReply;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.ServiceHost;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as go-micro's clients send them, and what they look for in the answers; from the frames of v2.9.1. */
class GoMicroCallsTest {
    private static final String HELLO = "/hello.srv.say.Greeter/Hello";

    private final TestGreeter greeter = new TestGreeter();
    private final Rollcall rollcall = Rollcall.connect("memory:");
    private final ServiceHost host = GrpcServiceHost.builder(rollcall, "hello.srv.say")
            .address("127.0.0.1", 0)
            .addService(greeter)
            .linger(Duration.ZERO)
            .start();
    private final RawHttp2 http = new RawHttp2(host.address().port());

    @AfterEach
    void stop() {
        greeter.release.countDown();
        http.close();
        host.close();
        rollcall.close();
    }

    private static Headers micro(String type, String... more) {
        Headers.Builder headers =
                new Headers.Builder().add("content-type", type).add("x-content-type", type);
        for (int i = 0; i < more.length; i += 2) {
            headers.add(more[i], more[i + 1]);
        }
        return headers.build();
    }

    private static byte[] json(String text) {
        return text.getBytes(UTF_8);
    }

    private static HelloRequest hello(String msg) {
        return HelloRequest.newBuilder()
                .setFrom("john")
                .setTo("jane")
                .setMsg(msg)
                .build();
    }

    @Test
    void json_is_answered_with_json() throws IOException {
        RawHttp2.Answer answer = http.call(
                HELLO,
                micro("application/grpc+json", "timeout", "5000000000", "grpc-timeout", "4999212u", "x-user-id", "u1"),
                json("{\"from\":\"john\",\"msg\":\"who\"}"));

        assertThat(answer.status()).isZero();
        assertThat(answer.messages()).hasSize(1);
        assertThat(new String(answer.messages().get(0), UTF_8)).isEqualTo("{\"to\":\"john\",\"msg\":\"u1\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/grpc",
                "application/grpc+proto",
                "application/grpc+bytes",
                "application/grpc;charset=utf-8"
            })
    void protobuf_comes_under_several_names(String type) throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, micro(type), hello("").toByteArray());

        assertThat(answer.status()).isZero();
        assertThat(HelloReply.parseFrom(answer.messages().get(0)).getMsg()).isEqualTo("hello john");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/anything.at.all.Greeter/Hello",
                "/Greeter/Hello",
                "/rollcall.servertest.Greeter/Hello",
                "/go.micro.srv.greeter.Greeter/Hello"
            })
    void only_the_last_label_of_the_service_counts(String path) throws IOException {
        assertThat(http.call(path, micro("application/grpc+json"), json("{}")).status())
                .isZero();
    }

    @Test
    void what_is_not_there_is_unimplemented_in_the_words_of_go_micro() throws IOException {
        RawHttp2.Answer service = http.call("/hello.srv.say.Nope/Hello", micro("application/grpc+json"), json("{}"));
        RawHttp2.Answer method = http.call("/hello.srv.say.Greeter/Nope", micro("application/grpc+json"), json("{}"));

        assertThat(service.status()).isEqualTo(12);
        assertThat(service.message()).isEqualTo("unknown service Nope");
        assertThat(method.status()).isEqualTo(12);
        assertThat(method.message()).isEqualTo("unknown service Greeter.Nope");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/Greeter", "/a/b/c", "/Greeter/"})
    void a_path_of_another_form_is_an_invalid_argument(String path) throws IOException {
        assertThat(http.call(path, micro("application/grpc+json"), json("{}")).status())
                .isEqualTo(3);
    }

    @Test
    void an_error_travels_in_the_details_and_as_json_in_the_message() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, micro("application/grpc+json"), json("{\"msg\":\"bad name\"}"));

        assertThat(answer.http()).isEqualTo(200);
        assertThat(answer.status()).isEqualTo(3);
        assertThat(answer.message())
                .isEqualTo(
                        "{\"id\":\"hello.srv.say\",\"code\":400,\"detail\":\"bad name bad\",\"status\":\"Bad Request\"}");
        com.google.rpc.Status details = details(answer);
        assertThat(details.getCode()).isEqualTo(3);
        assertThat(details.getDetails(0).getTypeUrl()).isEqualTo("type.googleapis.com/errors.Error");
    }

    private static com.google.rpc.Status details(RawHttp2.Answer answer) throws InvalidProtocolBufferException {
        return com.google.rpc.Status.parseFrom(Base64.getDecoder().decode(answer.trailer("grpc-status-details-bin")));
    }

    @Test
    void a_status_of_the_handler_is_an_error_signed_by_the_service() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, micro("application/grpc+json"), json("{\"msg\":\"status\"}"));

        assertThat(answer.status()).isEqualTo(5);
        assertThat(answer.message())
                .isEqualTo(
                        "{\"id\":\"hello.srv.say\",\"code\":404,\"detail\":\"no such user\",\"status\":\"Not Found\"}");
    }

    @Test
    void details_of_the_handler_come_after_the_error_which_go_micro_wants_first() throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, micro("application/grpc+json"), json("{\"msg\":\"details\"}"));
        RawHttp2.Answer plain = http.call(
                HELLO,
                Headers.of("content-type", "application/grpc"),
                hello("details").toByteArray());

        assertThat(answer.status()).isEqualTo(9);
        assertThat(details(answer).getDetailsList())
                .extracting(Any::getTypeUrl)
                .containsExactly("type.googleapis.com/errors.Error", "type.googleapis.com/google.rpc.ErrorInfo");
        assertThat(plain.message()).isEqualTo("too late");
        assertThat(details(plain).getDetailsList())
                .extracting(Any::getTypeUrl)
                .containsExactly("type.googleapis.com/google.rpc.ErrorInfo");
    }

    @Test
    void a_plain_caller_gets_the_code_and_the_plain_text() throws IOException {
        Headers plain = Headers.of("content-type", "application/grpc");
        RawHttp2.Answer micro = http.call(HELLO, plain, hello("bad name").toByteArray());
        RawHttp2.Answer status = http.call(HELLO, plain, hello("status").toByteArray());

        assertThat(micro.status()).isEqualTo(3);
        assertThat(micro.message()).isEqualTo("bad name bad");
        assertThat(status.status()).isEqualTo(5);
        assertThat(status.message()).isEqualTo("no such user");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unexpected", "unexpected later"})
    void an_unexpected_exception_is_500_and_what_it_says_stays_inside(String how) throws IOException {
        RawHttp2.Answer answer = http.call(HELLO, micro("application/grpc+json"), json("{\"msg\":\"" + how + "\"}"));
        RawHttp2.Answer plain = http.call(
                HELLO,
                Headers.of("content-type", "application/grpc"),
                hello(how).toByteArray());

        assertThat(answer.status()).isEqualTo(13);
        assertThat(answer.message())
                .isEqualTo(
                        "{\"id\":\"hello.srv.say\",\"code\":500,\"detail\":\"internal error\",\"status\":\"Internal Server Error\"}");
        assertThat(plain.status()).isEqualTo(13);
        assertThat(plain.message()).isEqualTo("internal error");
        assertThat(answer + plain.toString()).doesNotContain("hunter2", "IllegalState");
    }

    @Test
    void headers_of_the_protocol_do_not_reach_the_handler() throws IOException {
        RawHttp2.Answer answer = http.call(
                HELLO,
                micro("application/grpc+json", "timeout", "5000000000", "x-user-id", "u1"),
                json("{\"msg\":\"headers\"}"));

        assertThat(new String(answer.messages().get(0), UTF_8))
                .contains("x-user-id")
                .doesNotContain("timeout", "x-content-type");
    }

    @Test
    void a_timeout_in_nanoseconds_is_the_deadline_of_the_call() throws Exception {
        RawHttp2.Answer answer =
                http.call(HELLO, micro("application/grpc+json", "timeout", "3000000000"), json("{\"msg\":\"wait\"}"));

        assertThat(answer.status()).isEqualTo(4);
        assertThat(answer.message()).contains("\"code\":408");
        greeter.assertNotGoingOn();
        greeter.release.countDown();
        assertThat(http.call(HELLO, micro("application/grpc+json"), json("{}")).status())
                .isZero();
    }

    @Test
    void a_large_timeout_is_no_problem() throws IOException {
        RawHttp2.Answer answer = http.call(
                HELLO,
                micro("application/grpc+json", "timeout", "18446744073709551615"),
                json("{\"msg\":\"deadline\"}"));

        assertThat(answer.status()).isZero();
    }

    @Test
    void a_server_stream_is_answered_though_go_micro_does_not_half_close() throws IOException {
        RawHttp2.Answer answer = http.callWithoutHalfClose(
                "/hello.srv.say.Greeter/Count",
                micro("application/grpc+proto"),
                CountRequest.newBuilder().setUpTo(3).build().toByteArray());

        assertThat(answer.status()).isZero();
        assertThat(answer.messages()).hasSize(3);
        assertThat(CountReply.parseFrom(answer.messages().get(2)).getNumber()).isEqualTo(3);
    }

    @Test
    void both_sides_can_stream_json() throws IOException {
        RawHttp2.Answer answer = http.call(
                "/hello.srv.say.Greeter/Chat",
                micro("application/grpc+json"),
                json("{\"msg\":\"a\"}"),
                json("{\"msg\":\"b\"}"));

        assertThat(answer.status()).isZero();
        assertThat(answer.messages())
                .extracting(bytes -> new String(bytes, UTF_8))
                .containsExactly("{\"msg\":\"re: a\"}", "{\"msg\":\"re: b\"}");
    }
}
