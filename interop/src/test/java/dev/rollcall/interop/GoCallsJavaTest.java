package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.interop.Program.Line;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("2. Go finds and calls Java")
class GoCallsJavaTest extends FleetTest {
    private static final String JSON = "application/json";
    private static final String PROTOBUF = "application/protobuf";

    private final JavaGreeter greeter = new JavaGreeter(service + "-java");

    private List<Line> call(Peer peer, String endpoint, String body, String... flags) {
        fleet.host(peer, service, greeter);
        List<String> all = new ArrayList<>(List.of("--endpoint", "Greeter." + endpoint, "--body", body));
        all.addAll(List.of(
                "--kind", endpoint.equals("Count") ? "server-stream" : endpoint.equals("Chat") ? "bidi" : "unary"));
        all.addAll(List.of(flags));
        return fleet.go(peer, "call", service, all.toArray(new String[0])).call();
    }

    private void unary(Peer peer, String type) {
        List<Line> answer =
                call(peer, "Hello", "{\"from\":\"a\",\"to\":\"b\",\"msg\":\"<ü & 漢>\"}", "--content-type", type);
        assertThat(answer).hasSize(2);
        JsonObject reply = answer.get(0).object("reply");
        assertThat(reply.get("msg").getAsString()).isEqualTo("hello a: <ü & 漢>");
        assertThat(reply.get("from").getAsString()).isEqualTo("b");
        assertThat(reply.get("to").getAsString()).isEqualTo("a");
        assertThat(reply.get("server").getAsString()).isEqualTo(service + "-java");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void unary_in_json(Peer peer) {
        unary(peer, JSON);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void unary_in_protobuf(Peer peer) {
        unary(peer, PROTOBUF);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void unary_in_what_go_micro_takes_by_default(Peer peer) {
        unary(peer, "");
    }

    private void stream(Peer peer, String type) {
        List<Line> answer = call(peer, "Count", "{\"to\":20}", "--content-type", type);
        assertThat(answer.get(answer.size() - 1).event()).isEqualTo("done");
        assertThat(answer.subList(0, answer.size() - 1))
                .extracting(line -> line.object("reply").get("number").getAsInt())
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void server_stream_in_json(Peer peer) {
        stream(peer, JSON);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void server_stream_in_protobuf(Peer peer) {
        stream(peer, PROTOBUF);
    }

    private void chat(Peer peer, String type) {
        String messages =
                "[{\"from\":\"a\",\"msg\":\"1\"},{\"from\":\"b\",\"msg\":\"2\"},{\"from\":\"c\",\"msg\":\"3\"}]";
        List<Line> answer = call(peer, "Chat", messages, "--content-type", type, "--metadata", "Trace=t1");
        assertThat(answer.get(answer.size() - 1).event()).isEqualTo("done");
        List<Line> replies = answer.subList(0, answer.size() - 1);
        assertThat(replies)
                .extracting(line -> line.object("reply").get("msg").getAsString())
                .containsExactly("hello a: 1", "hello b: 2", "hello c: 3");
        assertThat(replies)
                .allSatisfy(line -> assertThat(received(line, "trace")).isEqualTo("t1"));
    }

    private static String received(Line reply, String key) {
        return reply.object("reply").getAsJsonObject("metadata").get(key).getAsString();
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void bidi_stream_in_json(Peer peer) {
        chat(peer, JSON);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void bidi_stream_in_protobuf(Peer peer) {
        chat(peer, PROTOBUF);
    }

    private void error(List<Line> answer, int code, String detail, String status) {
        JsonObject failure = failure(answer.get(answer.size() - 1));
        assertThat(failure.get("id").getAsString()).isEqualTo(service + "-java");
        assertThat(failure.get("code").getAsInt()).isEqualTo(code);
        assertThat(failure.get("detail").getAsString()).isEqualTo(detail);
        assertThat(failure.get("status").getAsString()).isEqualTo(status);
    }

    /** Of a stream over gRPC go-micro's clients of all versions hand out grpc-go's own error, whose text holds go-micro's. */
    private static JsonObject failure(Line end) {
        assertThat(end.event()).isEqualTo("failed");
        JsonObject failure = end.object("failure");
        String text = end.text("text");
        return failure.get("code").getAsInt() == 0 && text.contains("desc = {")
                ? JsonParser.parseString(text.substring(text.indexOf('{'))).getAsJsonObject()
                : failure;
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_with_code_and_detail_in_json(Peer peer) {
        error(
                call(peer, "Hello", "{\"code\":409,\"detail\":\"taken: ü\"}", "--content-type", JSON),
                409,
                "taken: ü",
                "Conflict");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_with_code_and_detail_in_protobuf(Peer peer) {
        error(
                call(peer, "Hello", "{\"code\":409,\"detail\":\"taken: ü\"}", "--content-type", PROTOBUF),
                409,
                "taken: ü",
                "Conflict");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_at_the_end_of_a_stream(Peer peer) {
        List<Line> answer =
                call(peer, "Count", "{\"to\":2,\"code\":404,\"detail\":\"no more\"}", "--content-type", JSON);
        assertThat(answer).hasSize(3);
        error(answer, 404, "no more", "Not Found");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_for_an_unknown_endpoint(Peer peer) {
        List<Line> answer = call(peer, "Nothing", "{}", "--content-type", JSON);
        assertThat(answer.get(0).event()).isEqualTo("failed");
        assertThat(answer.get(0).text("text")).contains("Nothing");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void metadata_in(Peer peer) {
        Line reply = call(peer, "Hello", "{}", "--metadata", "X-User-Id=u1", "--metadata", "Trace=a, b")
                .get(0);
        assertThat(received(reply, "x-user-id")).isEqualTo("u1");
        assertThat(received(reply, "trace")).isEqualTo("a, b");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void metadata_out(Peer peer, Cell cell) {
        Line reply = call(peer, "Hello", "{}").get(0);
        if (peer.mucp()) {
            assertThat(reply.object("headers").keySet()).isEmpty();
            throw cell.cannot("go-micro's mucp client shows its caller nothing of a reply's headers");
        }
        assertThat(reply.object("headers").get("served-by").getAsString()).isEqualTo(service + "-java");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void deadline(Peer peer, Cell cell) throws InterruptedException {
        Line end = call(peer, "Hello", "{\"wait\":20000}", "--timeout", "500ms", "--retries", "0")
                .get(0);
        assertThat(failure(end).get("code").getAsInt()).isEqualTo(408);
        Long after = greeter.gaveUp.poll(10, TimeUnit.SECONDS);
        assertThat(after).as("milliseconds until our handler knew").isNotNull();
        cell.figure("handler told after " + after + " ms of 500");
    }
}
