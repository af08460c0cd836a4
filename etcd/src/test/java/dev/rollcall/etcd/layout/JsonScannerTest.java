package dev.rollcall.etcd.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.rollcall.etcd.layout.JsonScanner.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScannerTest {
    private static final JsonFactory JACKSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(64).build())
            .build();
    private static final List<String> DOCUMENTS = List.of(
            "{\"a\":[1,-0,2.5e-3,1E+9,{}],\"b\":{\"c\":\"d\\n\\u00fc\\\"x\\/\",\"e\":null},\"f\":true,\"g\":false,\"h\":[]}",
            "{\"name\":\"hello.srv.say\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:8080\",\"metadata\":{\"zöne\":\"ä\"}}]}",
            " [ [ [ \"\\ud83d\\ude00\" ] ] , 0.1 , \"\u65e5\u672c\" ] ",
            "[".repeat(63) + "]".repeat(63),
            "-12.25e2");
    private static final byte[] INTERESTING =
            "{}[]\",:\\/ue-+.0123456789tfna \t\n\r\u00fc".getBytes(StandardCharsets.UTF_8);

    @Test
    void it_takes_and_refuses_what_a_well_known_parser_takes_and_refuses_and_reads_the_same_texts() {
        Random random = new Random(20);
        int taken = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] json = mutated(random);
            List<String> expected = withJackson(json);
            assertThat(read(json))
                    .as(() -> "of " + new String(json, StandardCharsets.ISO_8859_1))
                    .isEqualTo(expected);
            taken += expected == null ? 0 : 1;
        }
        assertThat(taken).isBetween(1_000, 19_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "{", "[1", "\"a", "tru", "-", "1.", "1e", "1e+", "{\"a\"", "{\"a\":", "\"\\", "\"\\u12"
            })
    void what_ends_too_early_is_told_as_that(String json) {
        assertThat(problem(json)).isEqualTo("JSON that ends too early (expected: one object)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "01",
                "+1",
                ".5",
                "1.e5",
                "-x",
                "nul1",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "{a:1}",
                "\"\\x\"",
                "\"\t\"",
                "'a'"
            })
    void what_is_not_json_is_told_with_its_place(String json) {
        assertThat(problem(json)).matches("not JSON near byte \\d (.*)");
    }

    private static @Nullable String problem(String json) {
        try {
            JsonScanner scanner = new JsonScanner(json.getBytes(StandardCharsets.UTF_8), new Interner());
            scanner.skip();
            scanner.end();
            return null;
        } catch (UnreadableValueException e) {
            return e.getMessage();
        }
    }

    private static byte[] mutated(Random random) {
        byte[] json = DOCUMENTS.get(random.nextInt(DOCUMENTS.size())).getBytes(StandardCharsets.UTF_8);
        for (int changes = random.nextInt(3); changes > 0; changes--) {
            byte other = INTERESTING[random.nextInt(INTERESTING.length)];
            int at = random.nextInt(json.length);
            switch (random.nextInt(3)) {
                case 0 -> json[at] = other;
                case 1 -> json = joined(json, at, new byte[] {other}, at);
                default -> json = joined(json, at, new byte[0], at + 1);
            }
            if (json.length == 0) {
                return json;
            }
        }
        return json;
    }

    private static byte[] joined(byte[] json, int until, byte[] between, int from) {
        byte[] joined = new byte[until + between.length + json.length - from];
        System.arraycopy(json, 0, joined, 0, until);
        System.arraycopy(between, 0, joined, until, between.length);
        System.arraycopy(json, from, joined, until + between.length, json.length - from);
        return joined;
    }

    /** All names and scalars in order; null when it is refused. */
    private static @Nullable List<String> read(byte[] json) {
        List<String> found = new ArrayList<>();
        try {
            JsonScanner scanner = new JsonScanner(json, new Interner());
            read(scanner, found);
            scanner.end();
            return found;
        } catch (UnreadableValueException e) {
            return null;
        }
    }

    private static void read(JsonScanner json, List<String> found) throws UnreadableValueException {
        Kind kind = json.kind();
        switch (kind) {
            case OBJECT -> {
                json.enter();
                for (String name = json.nextName(); name != null; name = json.nextName()) {
                    found.add(name);
                    read(json, found);
                }
            }
            case LIST -> {
                json.enter();
                while (json.nextElement()) {
                    read(json, found);
                }
            }
            case TEXT -> found.add(json.text(found.size() % 2 == 0));
            case NUMBER -> found.add(json.number());
            case BOOLEAN, NULL -> found.add(json.word());
        }
    }

    private static @Nullable List<String> withJackson(byte[] json) {
        List<String> found = new ArrayList<>();
        try (JsonParser parser = JACKSON.createParser(json)) {
            int values = 0;
            int depth = 0;
            while (parser.nextToken() != null) {
                switch (parser.currentToken()) {
                    case START_OBJECT, START_ARRAY -> depth++;
                    case END_OBJECT, END_ARRAY -> depth--;
                    default -> found.add(repaired(parser.getText()));
                }
                values += depth == 0 ? 1 : 0;
            }
            return values == 1 && isUtf8(json) ? found : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** With U+FFFD for half a surrogate pair, as in Go. */
    private static String repaired(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE);
    }

    private static boolean isUtf8(byte[] json) {
        return !new String(json, StandardCharsets.UTF_8).contains("\ufffd");
    }
}
