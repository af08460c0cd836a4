package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.cli.Main;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("5. The command `rollcall` and Go instances")
class CommandTest extends FleetTest {
    private String rollcall(String... arguments) {
        return fleet.output(Main.class, arguments);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void rollcall_call_prints_the_reply(Peer peer) {
        fleet.serve(peer, service, "--id", "one");
        String printed = rollcall(
                "call", service, "Greeter.Hello", "{\"from\":\"a\",\"to\":\"b\",\"msg\":\"ü\"}", "--deadline", "20s");
        JsonObject reply = JsonParser.parseString(printed).getAsJsonObject();
        assertThat(reply.get("msg").getAsString()).isEqualTo("hello a: ü");
        assertThat(reply.get("server").getAsString()).isEqualTo(service + "-one");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void rollcall_call_prints_the_error(Peer peer) {
        fleet.serve(peer, service, "--id", "one");
        String printed =
                rollcall("call", service, "Greeter.Hello", "{\"code\":409,\"detail\":\"taken\"}", "--deadline", "20s");
        assertThat(printed).contains("409", "taken");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void rollcall_describe_shows_the_endpoints(Peer peer) {
        fleet.serve(peer, service, "--id", "one");
        assertThat(List.of(rollcall("describe", service).split("\\s+"))).contains("Greeter.Hello", "Greeter.Count");
    }
}
