package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoMicroHostileValuesTest {
    private static final Layout LAYOUT = Layouts.of("go-micro", null);

    @ParameterizedTest
    @MethodSource("unreadable")
    void a_value_that_cannot_be_read_says_why(String value, String reason) {
        assertThatThrownBy(() -> LAYOUT.decode("/micro/registry/pay/n1", value.getBytes(ISO_8859_1)))
                .isInstanceOf(UnreadableValueException.class)
                .hasMessage(reason)
                .satisfies(thrown -> assertThat(thrown.getStackTrace()).isEmpty());
    }

    static Stream<Arguments> unreadable() {
        String large = "x".repeat(1024 * 1024);
        return Stream.of(
                Arguments.of("", "JSON that ends too early (expected: one object)"),
                Arguments.of(" \n", "JSON that ends too early (expected: one object)"),
                Arguments.of("null", "value: null (expected: an object)"),
                Arguments.of("1", "value: a number (expected: an object)"),
                Arguments.of("[]", "value: a list (expected: an object)"),
                Arguments.of("\"pay\"", "value: text (expected: an object)"),
                Arguments.of("true", "value: a boolean (expected: an object)"),
                Arguments.of("10.0.0.7:8080", "value: a number (expected: an object)"),
                Arguments.of("NaN", "not JSON near byte 0 (expected: one object)"),
                Arguments.of("\u0000", "not JSON near byte 0 (expected: one object)"),
                Arguments.of("{", "JSON that ends too early (expected: one object)"),
                Arguments.of("{\"name\":\"pay", "JSON that ends too early (expected: one object)"),
                Arguments.of("{\"name\":", "JSON that ends too early (expected: one object)"),
                Arguments.of("{\"name\"", "JSON that ends too early (expected: one object)"),
                Arguments.of("{\"name\":NaN}", "not JSON near byte 8 (expected: one object)"),
                Arguments.of("{'name':1}", "not JSON near byte 1 (expected: one object)"),
                Arguments.of("{\"name\":\"a\nb\"}", "not JSON near byte 10 (expected: one object)"),
                Arguments.of("{\"name\":\"a\\x\"}", "not JSON near byte 11 (expected: one object)"),
                Arguments.of("{\"x\":01}", "not JSON near byte 6 (expected: one object)"),
                Arguments.of("{\"a\":1,}", "not JSON near byte 7 (expected: one object)"),
                Arguments.of("\u00ef\u00bb\u00bf{}", "not JSON near byte 0 (expected: one object)"),
                Arguments.of("\u00fe\u00ff\u0000{", "not UTF-8 (expected: JSON in UTF-8)"),
                Arguments.of("{\"name\":\"\u00ff\"}", "not UTF-8 (expected: JSON in UTF-8)"),
                Arguments.of("{\"name\":\"\u00c0\u0080\"}", "not UTF-8 (expected: JSON in UTF-8)"),
                Arguments.of("{\"name\":\"\u00ed\u00a0\u0080\"}", "not UTF-8 (expected: JSON in UTF-8)"),
                Arguments.of("{\"name\":\"\u00c3", "not UTF-8 (expected: JSON in UTF-8)"),
                Arguments.of(
                        service("\"pay\"", "[" + node("\"10.0.0.7:80\"") + "]") + "x",
                        "more after the first JSON value (expected: one object)"),
                Arguments.of(
                        service("\"pay\"", "[" + node("\"10.0.0.7:80\"") + "]") + "{}",
                        "more after the first JSON value (expected: one object)"),
                Arguments.of(large, "1048576 bytes (expected: at most 524288)"),
                Arguments.of(
                        "{\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}",
                        "nested deeper than 64 levels (expected: at most 64)"),
                Arguments.of("[".repeat(10_000), "value: a list (expected: an object)"),
                Arguments.of(
                        "{\"endpoints\":[" + "{\"request\":".repeat(100),
                        "nested deeper than 64 levels (expected: at most 64)"),
                Arguments.of("{}", "name: none (expected: the service's)"),
                Arguments.of(service("\"\"", "[]"), "name: none (expected: the service's)"),
                Arguments.of(service("null", "[]"), "name: none (expected: the service's)"),
                Arguments.of(service("1", "[]"), "/name: a number (expected: text)"),
                Arguments.of(service("[\"pay\"]", "[]"), "/name: a list (expected: text)"),
                Arguments.of(service("{}", "[]"), "/name: an object (expected: text)"),
                Arguments.of(service("true", "[]"), "/name: a boolean (expected: text)"),
                Arguments.of(service("\"pay\",\"version\":2", "[]"), "/version: a number (expected: text)"),
                Arguments.of(service("\"pay\",\"metadata\":[]", "[]"), "/metadata: a list (expected: an object)"),
                Arguments.of(service("\"pay\",\"metadata\":\"\"", "[]"), "/metadata: text (expected: an object)"),
                Arguments.of(service("\"pay\",\"metadata\":{\"a\":5}", "[]"), "/metadata/a: a number (expected: text)"),
                Arguments.of(
                        service("\"pay\",\"metadata\":{\"a\":{}}", "[]"), "/metadata/a: an object (expected: text)"),
                Arguments.of(
                        service("\"pay\",\"metadata\":{\"a\\u001b[2J\":[]}", "[]"),
                        "/metadata/a\\u001b[2J: a list (expected: text)"),
                Arguments.of(service("\"pay\",\"endpoints\":{}", "[]"), "/endpoints: an object (expected: a list)"),
                Arguments.of(service("\"pay\",\"endpoints\":[[]]", "[]"), "/endpoints/0: a list (expected: an object)"),
                Arguments.of(
                        service("\"pay\",\"endpoints\":[{\"name\":1}]", "[]"),
                        "/endpoints/0/name: a number (expected: text)"),
                Arguments.of(
                        service("\"pay\",\"endpoints\":[null,{\"request\":\"x\"}]", "[]"),
                        "/endpoints/1/request: text (expected: an object)"),
                Arguments.of(
                        service("\"pay\",\"endpoints\":[{\"response\":{\"values\":[{\"type\":1}]}}]", "[]"),
                        "/endpoints/0/response/values/0/type: a number (expected: text)"),
                Arguments.of(
                        service("\"pay\",\"endpoints\":[{\"response\":{\"values\":{}}}]", "[]"),
                        "/endpoints/0/response/values: an object (expected: a list)"),
                Arguments.of(
                        service("\"pay\",\"endpoints\":[{\"metadata\":1}]", "[]"),
                        "/endpoints/0/metadata: a number (expected: an object)"),
                Arguments.of(service("\"pay\"", "[]"), "nodes: none (expected: one)"),
                Arguments.of(service("\"pay\"", "null"), "nodes: none (expected: one)"),
                Arguments.of(service("\"pay\"", "[null]"), "nodes: none (expected: one)"),
                Arguments.of(service("\"pay\"", "{}"), "/nodes: an object (expected: a list)"),
                Arguments.of(service("\"pay\"", "[1]"), "/nodes/0: a number (expected: an object)"),
                Arguments.of(service("\"pay\"", "[{\"id\":1}]"), "/nodes/0/id: a number (expected: text)"),
                Arguments.of(
                        service("\"pay\"", "[{\"metadata\":{\"weight\":5}}]"),
                        "/nodes/0/metadata/weight: a number (expected: text)"),
                Arguments.of(service("\"pay\"", "[{}]"), "address: none (expected: HOST:PORT)"),
                Arguments.of(address("null"), "address: none (expected: HOST:PORT)"),
                Arguments.of(address("\"\""), "address: none (expected: HOST:PORT)"),
                Arguments.of(address("{}"), "/nodes/0/address: an object (expected: text)"),
                Arguments.of(
                        address("\"queue-name\""),
                        "address: \"queue-name\" has no port (expected: HOST:PORT, or [IPV6]:PORT)"),
                Arguments.of(address("\"::1\""), "address: \"::1\" has no port (expected: HOST:PORT, or [IPV6]:PORT)"),
                Arguments.of(address("\":80\""), "address: host \"\" (expected: a host name or an IP)"),
                Arguments.of(address("\"10.0.0.7:0\""), "address: port 0 of host \"10.0.0.7\" (expected: 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7:-1\""), "address: port \"-1\" in \"10.0.0.7:-1\" (expected: 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7:70000\""),
                        "address: port 70000 of host \"10.0.0.7\" (expected: 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7:99999999999\""),
                        "address: port \"99999999999\" in \"10.0.0.7:99999999999\" (expected: 1 to 65535)"),
                Arguments.of(address("\"a b:80\""), "address: host \"a b\" (expected: a host name or an IP)"),
                Arguments.of(
                        address("\"10.0.0.7\",\"port\":0"),
                        "address: port 0 of host \"10.0.0.7\" (expected: 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7\",\"port\":70000"),
                        "address: port 70000 of host \"10.0.0.7\" (expected: 1 to 65535)"),
                Arguments.of(address("\"10.0.0.7\",\"port\":-1"), "port: -1 (expected: a number from 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7\",\"port\":\"80\""), "port: \"80\" (expected: a number from 1 to 65535)"),
                Arguments.of(address("\"10.0.0.7\",\"port\":80.0"), "port: 80.0 (expected: a number from 1 to 65535)"),
                Arguments.of(address("\"10.0.0.7\",\"port\":8e1"), "port: 8e1 (expected: a number from 1 to 65535)"),
                Arguments.of(address("\"10.0.0.7\",\"port\":true"), "port: true (expected: a number from 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7\",\"port\":[80]"), "port: a list (expected: a number from 1 to 65535)"),
                Arguments.of(
                        address("\"10.0.0.7\",\"port\":" + "9".repeat(100_000)),
                        "port: " + "9".repeat(200) + "... (expected: a number from 1 to 65535)"));
    }

    @Test
    void a_value_just_below_the_limit_is_read() throws Exception {
        String start = "{\"name\":\"pay\",\"nodes\":[{\"address\":\"10.0.0.7:80\",\"metadata\":{\"a\":\"";
        String end = "\"}}]}";
        String filling = "x".repeat(512 * 1024 - start.length() - end.length());
        assertThat(LAYOUT.decode("n1", (start + filling + end).getBytes(UTF_8)).metadata())
                .isEqualTo(Map.of("a", filling));
        assertThatThrownBy(() -> LAYOUT.decode("n1", (start + filling + "x" + end).getBytes(UTF_8)))
                .hasMessage("524289 bytes (expected: at most 524288)");
    }

    @Test
    void a_thousand_entries_are_read_and_a_few_more_are_not_whatever_their_hashes() throws Exception {
        assertThat(decode(colliding(1024)).serviceMetadata()).hasSize(1024);
        assertThatThrownBy(() -> decode(colliding(1025)))
                .isInstanceOf(UnreadableValueException.class)
                .hasMessage("/metadata/BBAaAaAaAaAaAaAaAaAaAa: too many entries (expected: at most 1024)");
    }

    /** A value whose metadata has this many different names, all of one hash. */
    private static String colliding(int entries) {
        String metadata = IntStream.range(0, entries)
                .mapToObj(i -> "\""
                        + IntStream.rangeClosed(0, 10)
                                .mapToObj(bit -> (i >> (10 - bit) & 1) == 0 ? "Aa" : "BB")
                                .collect(Collectors.joining())
                        + "\":\"\"")
                .collect(Collectors.joining(","));
        return service("\"pay\",\"metadata\":{" + metadata + "}", "[" + node("\"10.0.0.7:80\"") + "]");
    }

    private static Instance decode(String json) throws UnreadableValueException {
        return LAYOUT.decode("/micro/registry/pay/n1", json.getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\nSet-Cookie: a=b",
                "\u001b]0;title\u0007",
                "\u202egnp.exe",
                "</script><script>alert(1)</script>",
                "${jndi:ldap://x/a}",
                "'; drop table x; --",
                "\u0000",
                "\ud83d\ude00\u2028\ufeff",
                "\\\"\\u0000",
                "../../etc/passwd",
            })
    void hostile_text_comes_back_as_it_went(String text) throws Exception {
        Instance instance = new Instance(
                "pay",
                "latest",
                "n1",
                new Address("10.0.0.7", 80),
                Status.DRAINING,
                Map.of(text, text),
                Map.of(text, text),
                List.of(new Endpoint("x", new Value(text, text, List.of()), null, Map.of(text, text))));
        for (String name : List.of("go-micro", "go-micro-v5")) {
            Layout layout = Layouts.of(name, null);
            Layout.Entry entry = layout.encode(instance).get(0);
            assertThat(layout.decode(entry.key(), entry.value())).isEqualTo(instance);
        }
    }

    private static String service(String name, String nodes) {
        return "{\"name\":" + name + ",\"nodes\":" + nodes + "}";
    }

    private static String node(String address) {
        return "{\"id\":\"n1\",\"address\":" + address + "}";
    }

    private static String address(String address) {
        return service("\"pay\"", "[" + node(address) + "]");
    }
}
