package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.rollcall.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every layout against whatever may stand in an etcd: it says what is wrong in a line, or reads it; nothing else. What is nearly right is
 * {@link LayoutCorpusTest}'s, and what a view makes of it all {@link JunkBesideTest}'s.
 */
class BadInputTest {
    private static final String ADDRESS = "10.0.0.7:8080";

    static Stream<Layout> layouts() {
        return Layouts.names().stream()
                .filter(name -> !name.startsWith("test-"))
                .map(name -> Layouts.of(name, null));
    }

    /** The layouts whose value is one JSON object. */
    static Stream<Layout> ofJson() {
        return layouts()
                .filter(layout -> layout.writable() && new String(good(layout).value(), UTF_8).startsWith("{"));
    }

    static Layout.Entry good(Layout layout) {
        if (!layout.writable()) {
            String name =
                    layout.name().equals("dubbo") ? "pay/providers/dubbo%3A%2F%2F10.0.0.7%3A8080%2Fpay" : "pay/n1";
            return new Layout.Entry(layout.prefix() + name, new byte[0]);
        }
        Instance instance = Instance.of("pay", "10.0.0.7", 8080).withId("n1").withMetadata("zone", "a");
        return layout.encode(instance, 77).stream()
                .filter(entry -> !entry.shared())
                .findFirst()
                .orElseThrow();
    }

    static List<byte[]> values() {
        byte[] large = new byte[1 << 20];
        java.util.Arrays.fill(large, (byte) 'a');
        List<byte[]> values = new ArrayList<>(List.of(large, new byte[0], new byte[] {(byte) 0xff, (byte) 0xfe, 0}));
        for (String text : List.of(
                "null",
                "5",
                "true",
                "\"x\"",
                "[]",
                "{}",
                "{",
                "{\"a\":1,}",
                "10.0.0.7",
                "10.0.0.7:0",
                "10.0.0.7:70000",
                "10.0.0.7:99999999999",
                ":80",
                "http://",
                "://10.0.0.7:80",
                "a=%zz",
                "%",
                "=&=&&a",
                "{}{}",
                "{\"Addr\":5}",
                "{\"Addr\":null,\"address\":null,\"host\":null}",
                "{\"host\":\"a b\",\"port\":80}",
                "{\"host\":\"a\",\"port\":70000}",
                "{\"host\":\"a\",\"port\":-1}",
                "{\"host\":\"a\",\"port\":80.5}",
                "{\"host\":\"a\",\"port\":" + "9".repeat(100_000) + "}",
                "{\"weight\":" + "9".repeat(30) + "}",
                "{\"metadata\":{\"a\":{}},\"tags\":[],\"endpoints\":5,\"nodes\":{}}",
                "{\"endpoints\":[5]}",
                "{\"endpoints\":[null]}",
                "[".repeat(10_000),
                "{\"Metadata\":" + "[".repeat(10_000),
                "{\"a\":".repeat(10_000))) {
            values.add(text.getBytes(UTF_8));
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void no_value_makes_a_reader_throw_anything_but_that_it_cannot_be_read(Layout layout) {
        String key = good(layout).key();
        values().forEach(value -> readable(layout, key, value));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void no_key_does_either(Layout layout) {
        Layout.Entry good = good(layout);
        String root = layout.prefix();
        for (String path : List.of(
                "",
                "/",
                "//",
                "x",
                "x/",
                "/x",
                "a/b/c/d",
                "PAY/N1",
                "%zz/providers/%",
                "\u0000/\u0000",
                "a/providers/%",
                "a/providers/x%3A%2F%2Fy",
                "a@b/c@d",
                "@/@",
                "a/tcp@",
                "a/instance_id/",
                ".",
                "../..")) {
            layout.holdsInstance(root + path);
            readable(layout, root + path, good.value());
        }
        readable(layout, "elsewhere", good.value());
        readable(layout, "", good.value());
    }

    private static boolean readable(Layout layout, String key, byte[] value) {
        try {
            assertThat(layout.decode(key, value).address().port()).isBetween(1, 65_535);
            return true;
        } catch (UnreadableValueException e) {
            assertThat(e.getMessage()).contains("(expected: ").hasSizeLessThan(2_000);
            assertThat(String.valueOf(e.getMessage()).chars()).noneMatch(Character::isISOControl);
            return false;
        } catch (RuntimeException | StackOverflowError e) {
            return fail(layout + " threw for key " + key, e);
        }
    }

    @ParameterizedTest
    @MethodSource("ofJson")
    void the_usual_junk_is_no_instance(Layout layout) {
        String key = good(layout).key();
        values().forEach(value -> assertThat(readable(layout, key, value)).isFalse());
    }

    static Stream<Arguments> wrongAddresses() {
        return layouts()
                .filter(layout -> layout.writable() && new String(good(layout).value(), UTF_8).contains(ADDRESS))
                .flatMap(layout -> Stream.of(
                                "", "10.0.0.7", "10.0.0.7:", "10.0.0.7:0", "10.0.0.7:65536", ":80", "a b:80")
                        .map(wrong -> Arguments.of(layout, wrong)));
    }

    @ParameterizedTest
    @MethodSource("wrongAddresses")
    void an_address_that_is_none_is_named(Layout layout, String wrong) {
        Layout.Entry good = good(layout);
        byte[] value = new String(good.value(), UTF_8).replace(ADDRESS, wrong).getBytes(UTF_8);
        assertThatThrownBy(() -> layout.decode(good.key(), value))
                .isInstanceOf(UnreadableValueException.class)
                .hasMessageContaining("address");
    }

    @ParameterizedTest
    @MethodSource("ofJson")
    void a_field_that_comes_twice_hurts_nothing(Layout layout) {
        Layout.Entry good = good(layout);
        String value = new String(good.value(), UTF_8);
        String twice = value.substring(0, value.length() - 1) + "," + value.substring(1);
        assertThat(readable(layout, good.key(), twice.getBytes(UTF_8)))
                .isEqualTo(!layout.name().equals("rollcall"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void no_key_of_one_service_is_read_as_one_of_another(Layout layout) throws Exception {
        if (layout.writable()) {
            for (String name : List.of("pay-admin", "pa", "payment", "pay-", "pay.x", "x.pay")) {
                if (layout.name().equals("coredns") && name.equals("pay-")) {
                    continue;
                }
                Layout.Entry entry = layout.encode(Instance.of(name, "10.0.0.7", 80), 5).stream()
                        .filter(each -> !each.shared())
                        .findFirst()
                        .orElseThrow();
                assertThat(entry.key().startsWith(layout.prefix("pay"))
                                && layout.decode(entry.key(), entry.value())
                                        .service()
                                        .equals("pay"))
                        .isFalse();
            }
        }
    }
}
