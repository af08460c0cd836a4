package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceTest {
    private static final Instance GOOD = Some.instance("a");

    private static Instance named(String service) {
        return Instance.of(service, "10.0.0.7", 8080).withId("a");
    }

    private static void assertRefused(Instance instance, String message) {
        assertThatThrownBy(instance::checkRegistrable)
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage(message);
    }

    @Test
    void the_defaults_are_those_of_go_micro() {
        Instance instance = Instance.of("hello.srv.say", "10.0.0.7", 8080);
        assertThat(instance.version()).isEqualTo("latest");
        assertThat(instance.id()).matches("hello\\.srv\\.say-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertThat(instance.status()).isEqualTo(Status.UP);
        assertThat(instance.metadata()).isEmpty();
        assertThat(instance.checkRegistrable()).isSameAs(instance);
    }

    @Test
    void what_is_given_is_copied_and_cannot_be_changed() {
        Map<String, String> metadata = new HashMap<>(Map.of("zone", "a"));
        Instance instance = GOOD.withMetadata(metadata);
        metadata.put("zone", "b");
        assertThat(instance.metadata()).containsExactly(Map.entry("zone", "a"));
        assertThatThrownBy(() -> instance.metadata().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThat(instance.withMetadata("weight", "7").metadata()).containsOnlyKeys("zone", "weight");
        assertThat(instance.metadata()).containsOnlyKeys("zone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "hello.srv.say", "team/hello", "Grüße", "a..b", "...", "x y", "\ud83d\ude00"})
    void usual_and_unusual_names_are_taken(String name) {
        assertThatCode(() -> named(name).withId(name).checkRegistrable()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\u2003"})
    void an_empty_name_is_refused(String name) {
        assertRefused(named(name), "service name: empty (expected: 1 to 128 characters)");
        assertRefused(GOOD.withId(name), "id: empty (expected: 1 to 256 characters)");
    }

    @Test
    void too_long_names_are_refused() {
        assertThatCode(() -> named("s".repeat(128)).withId("i".repeat(256)).checkRegistrable())
                .doesNotThrowAnyException();
        assertRefused(named("s".repeat(129)), "service name: 129 characters (expected: at most 128)");
        assertRefused(GOOD.withId("i".repeat(257)), "id: 257 characters (expected: at most 256)");
        assertRefused(GOOD.withVersion("v".repeat(129)), "version: 129 characters (expected: at most 128)");
    }

    @Test
    void control_characters_are_refused() {
        assertRefused(
                named("hello\nsay"), "service name: \"hello\\u000asay\" has a control character (expected: none)");
        assertRefused(GOOD.withId("a\u0000b"), "id: \"a\\u0000b\" has a control character (expected: none)");
        assertRefused(GOOD.withVersion("v\u001b"), "version: \"v\\u001b\" has a control character (expected: none)");
    }

    @ParameterizedTest
    @CsvSource({"., .", ".., ..", "../etc, ..", "a/./b, .", "a/.., ..", "a//b, ''", "/a, ''", "a/, ''"})
    void path_segments_that_mean_something_are_refused(String name, String segment) {
        String message = "\"" + name + "\" has the path segment \"" + segment
                + "\" (expected: segments other than \"\", \".\" and \"..\")";
        assertRefused(named(name), "service name: " + message);
        assertRefused(GOOD.withId(name), "id: " + message);
    }

    @Test
    void half_a_surrogate_pair_is_refused() {
        String message = ": half a surrogate pair (expected: valid Unicode text)";
        assertRefused(named("a\ud800"), "service name" + message);
        assertRefused(GOOD.withId("\udc00\ud800"), "id" + message);
        assertRefused(GOOD.withMetadata("k\ud800", "v"), "metadata" + message);
        assertRefused(GOOD.withMetadata("k", "\ud83d\ud83d\ude00"), "metadata" + message);
        assertRefused(endpoint(new Value("\ud800", "t", List.of())), "endpoint value" + message);
    }

    @Test
    void too_much_metadata_is_refused() {
        assertThatCode(() -> GOOD.withMetadata("k", "v".repeat(65_535)).checkRegistrable())
                .doesNotThrowAnyException();
        assertRefused(
                GOOD.withMetadata("k", "v".repeat(65_536)), "metadata: 65537 characters (expected: at most 65536)");
        assertRefused(
                GOOD.withServiceMetadata(Map.of("k", "v".repeat(70_000))),
                "service metadata: 70001 characters (expected: at most 65536)");
        Map<String, String> many = IntStream.range(0, 257).boxed().collect(Collectors.toMap(String::valueOf, i -> ""));
        assertRefused(GOOD.withMetadata(many), "metadata: 257 entries (expected: at most 256)");
        assertRefused(GOOD.withServiceMetadata(many), "service metadata: 257 entries (expected: at most 256)");
    }

    @Test
    void endpoints_have_bounds_too() {
        assertRefused(
                GOOD.withEndpoints(Collections.nCopies(1025, Endpoint.of("e"))),
                "endpoints: 1025 of them (expected: at most 1024)");
        assertRefused(
                GOOD.withEndpoints(List.of(Endpoint.of("e".repeat(257)))),
                "endpoint name: 257 characters (expected: at most 256)");
        assertThatCode(() -> endpoint(nested(16)).checkRegistrable()).doesNotThrowAnyException();
        assertRefused(endpoint(nested(17)), "endpoint value: nested deeper than 16 (expected: at most 16)");
    }

    private static Instance endpoint(Value request) {
        return GOOD.withEndpoints(List.of(new Endpoint("Greeter.Hello", request, null, Map.of())));
    }

    private static Value nested(int depth) {
        Value value = new Value("leaf", "string", List.of());
        for (int i = 1; i < depth; i++) {
            value = new Value("node", "node", List.of(value));
        }
        return value;
    }
}
