package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoMicroEncodeTest {
    private static final Layout LAYOUT = Layouts.of("go-micro", null);
    private static final Instance PAY = Instance.of("pay", "10.0.0.7", 8080).withId("n1");

    @Test
    void an_instance_with_nothing_but_an_address_is_full_of_nulls() {
        assertThat(json(PAY))
                .isEqualTo("{\"name\":\"pay\",\"version\":\"latest\",\"metadata\":null,\"endpoints\":null,"
                        + "\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:8080\",\"metadata\":null}]}");
    }

    @Test
    void an_endpoint_of_which_only_the_name_is_known_has_null_shapes() {
        Instance instance = PAY.withEndpoints(List.of(Endpoint.of("Pay.Card")));
        assertThat(json(instance))
                .contains(
                        "\"endpoints\":[{\"name\":\"Pay.Card\",\"request\":null,\"response\":null,\"metadata\":null}]");
        assertThat(new String(
                        Layouts.of("go-micro-v5", null).encode(instance).get(0).value(), UTF_8))
                .contains(
                        "\"endpoints\":[{\"request\":null,\"response\":null,\"metadata\":null,\"name\":\"Pay.Card\"}]");
    }

    @Test
    void go_1_22_and_later_escapes_each_character_so() {
        String all = IntStream.range(0, 128).mapToObj(Character::toString).collect(Collectors.joining());
        assertThat(new String(
                        new GoJsonWriter()
                                .text(all + "\u2028\u2029\ufeff\ufffd\ud83d\ude00\u00e9\ud800")
                                .bytes(),
                        UTF_8))
                .isEqualTo(
                        "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
                                + "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d"
                                + "\\u001e\\u001f !\\\"#$%\\u0026'()*+,-./0123456789:;\\u003c=\\u003e?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\"
                                + "]^_`abcdefghijklmnopqrstuvwxyz{|}~\u007f\\u2028\\u2029\ufeff\ufffd\ud83d\ude00\u00e9\\ufffd\"");
    }

    @Test
    void map_keys_are_sorted_by_their_utf_8_bytes_and_not_by_javas_characters() {
        assertThat(json(PAY.withMetadata(Map.of("\uffff", "1", "\ud800\udc00", "2", "", "3", "a", "4"))))
                .contains("\"metadata\":{\"\":\"3\",\"a\":\"4\",\"\uffff\":\"1\",\"\ud800\udc00\":\"2\"}}]}");
    }

    @ParameterizedTest
    @CsvSource({
        "pay, n1, /micro/registry/pay/n1",
        "foo/bar/svc, foo/bar/node-1, /micro/registry/foo-bar-svc/foo-bar-node-1",
        "html<&>svc, n 1, /micro/registry/html<&>svc/n 1",
        ".../..a, a..b, /micro/registry/...-..a/a..b",
        "caf\u00e9, \u65e5, /micro/registry/caf\u00e9/\u65e5",
        "%2e%2e, %2f, /micro/registry/%2e%2e/%2f",
    })
    void keys_replace_slashes_and_escape_nothing(String service, String id, String key) {
        Instance instance = Instance.of(service, "10.0.0.7", 8080).withId(id);
        assertThat(LAYOUT.encode(instance).get(0).key()).isEqualTo(key).startsWith(LAYOUT.prefix(service));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "..", "a/..", "../a", "a//b", "/a", "a/", "a\u0000b", "a\nb"})
    void a_name_or_id_that_would_bend_the_path_is_refused(String name) {
        assertThatThrownBy(() -> LAYOUT.encode(PAY.withId(name)))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessageContaining("id: ")
                .hasMessageContaining("expected: ");
        assertThatThrownBy(
                        () -> LAYOUT.encode(Instance.of(name, "10.0.0.7", 8080).withId("n1")))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessageContaining("service name: ")
                .hasMessageContaining("expected: ");
    }

    @Test
    void draining_is_one_metadata_entry_and_up_is_none() throws Exception {
        Instance draining = PAY.withMetadata("zone", "a").withStatus(Status.DRAINING);
        assertThat(json(draining)).contains("\"metadata\":{\"rollcall.status\":\"draining\",\"zone\":\"a\"}");
        assertThat(json(draining.withStatus(Status.UP))).contains("\"metadata\":{\"zone\":\"a\"}");
        assertThat(LAYOUT.decode("", json(draining).getBytes(UTF_8))).isEqualTo(draining);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rollcall.status", "rollcall.", "rollcall.x"})
    void metadata_under_our_own_prefix_is_refused(String key) {
        assertThatThrownBy(() -> LAYOUT.encode(PAY.withMetadata(key, "draining")))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("metadata: key \"" + key + "\" (expected: none that starts with rollcall.)");
        assertThatThrownBy(() -> LAYOUT.encode(PAY.withServiceMetadata(Map.of(key, "x"))))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("service metadata: key \"" + key + "\" (expected: none that starts with rollcall.)");
        assertThat(json(PAY.withMetadata("rollcall", "x"))).contains("\"rollcall\":\"x\"");
    }

    @Test
    void a_value_that_could_not_be_read_again_is_refused() {
        // each control character takes six bytes, so metadata within its own limits may still be too much
        String large = "\u0001".repeat(60_000);
        Instance instance = PAY.withMetadata("a", large).withServiceMetadata(Map.of("b", large));
        assertThatThrownBy(() -> LAYOUT.encode(instance))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessageMatching("instance \"n1\": 72\\d{4} bytes as JSON \\(expected: at most 524288\\)");
    }

    @Test
    void a_shape_that_is_too_deep_is_refused_and_one_just_below_is_read_again() throws Exception {
        Instance deep = PAY.withEndpoints(List.of(new Endpoint("Pay.Card", shape(16), null, Map.of())));
        assertThat(LAYOUT.decode("", json(deep).getBytes(UTF_8))).isEqualTo(deep);

        Instance deeper = PAY.withEndpoints(List.of(new Endpoint("Pay.Card", null, shape(17), Map.of())));
        assertThatThrownBy(() -> LAYOUT.encode(deeper))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("endpoint value: nested deeper than 16 (expected: at most 16)");
    }

    @Test
    void the_old_layout_is_for_reading() {
        Layout old = Layouts.of("go-micro-old", null);
        assertThat(old.writable()).isFalse();
        assertThatThrownBy(() -> old.encode(PAY))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("layout: go-micro-old is only read (expected: go-micro or go-micro-v5)");
    }

    @Test
    void an_entry_is_a_value_of_its_own() {
        byte[] bytes = {1, 2};
        Layout.Entry entry = new Layout.Entry("k", bytes);
        bytes[0] = 9;
        entry.value()[1] = 9;
        assertThat(entry.value()).containsExactly(1, 2);
        assertThat(entry).isEqualTo(new Layout.Entry("k", new byte[] {1, 2})).hasToString("Entry[k, 2 bytes]");
        assertThat(entry).hasSameHashCodeAs(new Layout.Entry("k", new byte[] {1, 2}));
        assertThat(entry).isNotEqualTo(new Layout.Entry("k", new byte[] {1, 3}));
    }

    private static Value shape(int levels) {
        Value value = new Value("x", "y", Collections.emptyList());
        for (int level = 1; level < levels; level++) {
            value = new Value("x", "y", List.of(value));
        }
        return value;
    }

    private static String json(Instance instance) {
        return new String(LAYOUT.encode(instance).get(0).value(), UTF_8);
    }
}
