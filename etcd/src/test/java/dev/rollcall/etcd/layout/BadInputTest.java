package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.rollcall.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
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
        return layouts().filter(layout -> new String(good(layout).value(), UTF_8).startsWith("{"));
    }

    static Layout.Entry good(Layout layout) {
        if (layout.name().equals("dubbo")) {
            String url = "dubbo%3A%2F%2F10.0.0.7%3A8080%2Fpay";
            return new Layout.Entry(layout.prefix() + "pay/providers/" + url, new byte[0]);
        }
        if (!layout.writable()) {
            return good(Layouts.of("go-micro", layout.prefix()));
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
                "zone=a&zone=b",
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
                "a/providers/x%3A%2F%2Fy%3A80%2Fa%3Fzone%3Da%26zone%3Db",
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

    @ParameterizedTest
    @MethodSource("ofJson")
    void a_field_of_the_wrong_type_or_missing_is_told_or_read_and_nothing_is_an_instance_without_its_address(
            Layout layout) {
        Layout.Entry good = good(layout);
        String value = new String(good.value(), UTF_8);
        List<int[]> fields = fields(value);
        assertThat(fields).hasSizeGreaterThan(2);
        for (int[] field : fields) {
            String without = value.substring(0, field[0]) + value.substring(field[2]);
            List<String> wrong = new ArrayList<>(List.of(without.replaceAll("([{,]),|,(?=})", "$1")));
            for (String other :
                    List.of("null", "5", "1e999", "\"a b\"", "true", "[]", "{}", "[5]", "[null]", "{\"a\":5}")) {
                wrong.add(value.substring(0, field[1]) + other + value.substring(field[2]));
            }
            wrong.add(
                    value.substring(0, field[1]) + "[".repeat(10_000) + "]".repeat(10_000) + value.substring(field[2]));
            for (String text : wrong) {
                boolean read = readable(layout, good.key(), text.getBytes(UTF_8));
                assertThat(read && !text.contains("10.0.0.7")).as(text).isFalse();
            }
        }
    }

    /** Where each field of a JSON text begins, where its value does, and where that ends. */
    private static List<int[]> fields(String json) {
        return Pattern.compile("\"\\w+\":")
                .matcher(json)
                .results()
                .map(name -> new int[] {name.start(), name.end(), end(json, name.end())})
                .toList();
    }

    private static int end(String json, int from) {
        int depth = 0;
        boolean quoted = false;
        for (int at = from; ; at++) {
            char c = json.charAt(at);
            quoted ^= c == '"';
            if (!quoted && depth == 0 && ",]}".indexOf(c) >= 0) {
                return at;
            }
            if (!quoted) {
                depth += ("{[".indexOf(c) >= 0 ? 1 : 0) - ("]}".indexOf(c) >= 0 ? 1 : 0);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void a_key_with_too_few_or_too_many_segments_or_in_upper_case_dns_is_no_instance_of_the_service(Layout layout) {
        boolean named = layout.name().startsWith("go-micro"); // the value says whose it is, as in go-micro
        String key = good(layout).key();
        String parent = key.substring(0, key.lastIndexOf('/'));
        for (String few : List.of(parent, parent + "/", layout.prefix(), layout.prefix() + "pay")) {
            assertThat(service(layout, few)).as(few).isEqualTo(named ? "pay" : "");
        }
        boolean url = layout.name().equals("dubbo"); // a URL may have a path
        for (String many : List.of(key + "/", key + "/x")) {
            assertThat(service(layout, many).equals("pay")).as(many).isEqualTo(named || url);
        }
        if (layout.name().equals("coredns")) {
            assertThat(service(layout, layout.prefix() + "PAY/n1")).isEmpty();
            assertThat(service(layout, layout.prefix() + "pay/N1")).isEmpty();
        }
    }

    /** What service the good value is read as with a key, empty when it is not. */
    private static String service(Layout layout, String key) {
        try {
            return layout.decode(key, good(layout).value()).service();
        } catch (UnreadableValueException e) {
            assertThat(e.getMessage()).contains("(expected: ");
            return "";
        }
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
