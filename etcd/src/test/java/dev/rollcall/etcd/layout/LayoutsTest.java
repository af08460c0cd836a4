package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Instance;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutsTest {
    /** Found through META-INF/services of the tests. */
    public static final class Provider implements LayoutProvider {
        @Override
        public Set<String> names() {
            return Set.of("test-layout");
        }

        @Override
        public Layout open(String name, @Nullable String prefix) {
            return Layouts.of("go-micro-v5", "/of-the-test");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "go-micro, /micro/registry/, true",
        "go-micro-v5, /micro/registry/, true",
        "go-micro-old, /micro-registry/, false",
    })
    void go_micros_layouts_are_known_by_name(String name, String prefix, boolean writable) {
        Layout layout = Layouts.of(name, null);
        assertThat(layout.name()).isEqualTo(name);
        assertThat(layout.prefix()).isEqualTo(prefix);
        assertThat(layout.writable()).isEqualTo(writable);
        assertThat(layout.carries()).containsExactlyInAnyOrder(Layout.Part.values());
        assertThat(layout.ttl()).isEqualTo(Duration.ofSeconds(30));
        assertThat(layout).hasToString("Layout[" + name + ", " + prefix + "]");
    }

    @Test
    void a_layout_of_somebody_else_is_found_beside_ours() {
        assertThat(Layouts.names()).contains("go-micro", "go-micro-old", "go-micro-v5", "test-layout");
        assertThat(Layouts.of("test-layout", null).prefix()).isEqualTo("/of-the-test/");
    }

    @Test
    void an_unknown_name_is_answered_with_the_known_ones() {
        assertThatThrownBy(() -> Layouts.of("go-macro\n", null))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "layout: \"go-macro\\u000a\" (expected: one of " + String.join(", ", Layouts.names()) + ")");
    }

    @ParameterizedTest
    @CsvSource({
        "/team-a/registry, /team-a/registry/",
        "/team-a/registry/, /team-a/registry/",
        "team-a, team-a/",
        "/caf\u00e9/..x, /caf\u00e9/..x/",
    })
    void a_prefix_replaces_the_root_and_ends_in_a_slash(String given, String prefix) {
        Layout layout = Layouts.of("go-micro", given);
        assertThat(layout.prefix()).isEqualTo(prefix);
        assertThat(layout.prefix("pay")).isEqualTo(prefix + "pay/");
        assertThat(key(layout, "pay")).isEqualTo(prefix + "pay/n1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "//", "/a//", "/a//b", "/./a", "/a/..", "..", "/a\u0000", "/a\ud800"})
    void a_prefix_that_could_hold_anything_else_is_refused(String given) {
        assertThatThrownBy(() -> Layouts.of("go-micro", given))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("prefix: \"")
                .hasMessageEndingWith(
                        "(expected: at most 256 characters, no control characters, path segments other than"
                                + " \"\", \".\" and \"..\")");
    }

    @Test
    void a_prefix_of_300_characters_is_refused() {
        assertThatThrownBy(() -> Layouts.of("go-micro", "/" + "a".repeat(300)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected: at most 256 characters");
    }

    @Test
    void no_key_of_one_service_is_under_the_prefix_of_another() {
        Layout layout = Layouts.of("go-micro", null);
        List<String> services = List.of("pay", "pay-admin", "pa", "payment", "pay.", "pay-", "pay!", "pay0", "Pay");
        for (String one : services) {
            for (String other : services) {
                assertThat(key(layout, one).startsWith(layout.prefix(other)))
                        .as("key of %s under the prefix of %s", one, other)
                        .isEqualTo(one.equals(other));
            }
        }
    }

    @Test
    void no_key_of_any_service_is_under_the_prefix_of_another_unless_slashes_alone_tell_them_apart() {
        Layout layout = Layouts.of("go-micro", null);
        Random random = new Random(45);
        for (int round = 0; round < 10_000; round++) {
            String one = name(random);
            String other = name(random);
            assertThat(key(layout, one).startsWith(layout.prefix(other)))
                    .as("key of %s under the prefix of %s", one, other)
                    .isEqualTo(one.replace('/', '-').equals(other.replace('/', '-')));
        }
    }

    private static String name(Random random) {
        StringBuilder name = new StringBuilder("a");
        for (int i = random.nextInt(5); i > 0; i--) {
            name.append(List.of("a", "-", ".", "/b", "\u00e9").get(random.nextInt(5)));
        }
        return name.toString();
    }

    @Test
    void two_services_that_share_a_prefix_are_told_apart_by_the_name_in_the_value() throws Exception {
        Layout layout = Layouts.of("go-micro", null);
        assertThat(layout.prefix("a/b")).isEqualTo(layout.prefix("a-b"));
        for (String service : List.of("a/b", "a-b")) {
            Layout.Entry entry = layout.encode(
                            Instance.of(service, "10.0.0.7", 80).withId("n1"))
                    .get(0);
            assertThat(layout.decode(entry.key(), entry.value()).service()).isEqualTo(service);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "micro.http.broker, true",
        "go.micro.http.broker, true",
        "topic:orders, true",
        "micro.http.broker2, false",
        "pay, false",
    })
    void the_brokers_of_go_micro_are_hidden(String service, boolean hidden) {
        assertThat(Layouts.of("go-micro", null).hidden(service)).isEqualTo(hidden);
    }

    @Test
    void a_reason_is_never_longer_than_a_line() {
        byte[] value = ("{\"metadata\":{\"" + "\\n".repeat(10_000) + "\":1}}").getBytes(UTF_8);
        assertThatThrownBy(() -> Layouts.of("go-micro", null).decode("n1", value))
                .isInstanceOf(UnreadableValueException.class)
                .satisfies(thrown ->
                        assertThat(thrown.getMessage()).hasSizeLessThan(1_300).doesNotContain("\n"));
    }

    private static String key(Layout layout, String service) {
        return layout.encode(Instance.of(service, "10.0.0.7", 80).withId("n1"))
                .get(0)
                .key();
    }
}
