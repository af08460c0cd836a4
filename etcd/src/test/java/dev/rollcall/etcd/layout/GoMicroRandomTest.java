package dev.rollcall.etcd.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoMicroRandomTest {
    private static final int ROUNDS = 3_000;
    private static final String[] CHARACTERS = {
        "a",
        "b",
        "Z",
        "0",
        "-",
        "_",
        ".",
        "/",
        " ",
        "<",
        ">",
        "&",
        "\"",
        "\\",
        "\u007f",
        "\u00e9",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\uffff",
        "\ud800\udc00",
        "\ud83d\ude00",
        "\u0000",
        "\b",
        "\f",
        "\n",
        "\u001b",
        "\u0085"
    };
    private static final int HARMLESS = 14;

    @ParameterizedTest
    @ValueSource(strings = {"go-micro", "go-micro-v5"})
    void whatever_is_written_is_read_again(String name) throws Exception {
        Layout layout = Layouts.of(name, null);
        Random random = new Random(42);
        for (int round = 0; round < ROUNDS; round++) {
            Instance instance = instance(random);
            Layout.Entry entry = layout.encode(instance).get(0);
            assertThat(layout.decode(entry.key(), entry.value()))
                    .as("round %d", round)
                    .isEqualTo(instance);
            assertThat(entry.key()).startsWith(layout.prefix(instance.service()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"go-micro", "go-micro-v5", "go-micro-old"})
    void whatever_the_bytes_a_value_is_read_or_unreadable(String name) {
        Layout layout = Layouts.of(name, null);
        Layout writing = Layouts.of("go-micro", null);
        Random random = new Random(43);
        int unreadable = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] value = mutated(writing.encode(instance(random)).get(0).value(), random);
            try {
                layout.decode("n1", value);
            } catch (UnreadableValueException e) {
                unreadable++;
                assertThat(e.getMessage()).doesNotContainPattern("[\\x00-\\x1f]");
            }
        }
        assertThat(unreadable).isBetween(ROUNDS / 4, ROUNDS - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"go-micro", "go-micro-v5"})
    void every_shortened_value_is_unreadable(String name) {
        Layout layout = Layouts.of(name, null);
        byte[] value = layout.encode(instance(new Random(44))).get(0).value();
        for (int length = 0; length < value.length; length++) {
            byte[] shortened = Arrays.copyOf(value, length);
            assertThat(readable(layout, shortened)).as("%d bytes", length).isFalse();
        }
    }

    private static boolean readable(Layout layout, byte[] value) {
        try {
            layout.decode("n1", value);
            return true;
        } catch (UnreadableValueException e) {
            return false;
        }
    }

    private static byte[] mutated(byte[] value, Random random) {
        byte[] mutated = random.nextInt(4) == 0 ? Arrays.copyOf(value, random.nextInt(value.length)) : value;
        for (int i = random.nextInt(3); i >= 0 && mutated.length > 0; i--) {
            int at = random.nextInt(mutated.length);
            switch (random.nextInt(4)) {
                case 0 -> mutated[at] = (byte) random.nextInt();
                case 1 -> mutated[at] = (byte) "{}[]\",:0e-ntf\\u ".charAt(random.nextInt(16));
                case 2 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
                default -> System.arraycopy(value, 0, mutated, at, Math.min(value.length, mutated.length - at));
            }
        }
        return mutated;
    }

    private static Instance instance(Random random) {
        return new Instance(
                name(random),
                text(random, HARMLESS),
                name(random),
                new Address(
                        random.nextBoolean() ? "10.0.0." + random.nextInt(256) : "fe80::" + random.nextInt(9999),
                        1 + random.nextInt(65535)),
                random.nextInt(8) == 0 ? Status.DRAINING : Status.UP,
                map(random),
                map(random),
                endpoints(random));
    }

    private static String name(Random random) {
        return "x" + text(random, HARMLESS).replace("/", "/y") + (random.nextBoolean() ? "" : "/z");
    }

    private static String text(Random random, int characters) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append(CHARACTERS[random.nextInt(characters)]);
        }
        return text.toString();
    }

    private static Map<String, String> map(Random random) {
        Map<String, String> map = new HashMap<>();
        for (int i = random.nextInt(6) - 2; i > 0; i--) {
            map.put(text(random, CHARACTERS.length), text(random, CHARACTERS.length));
        }
        return map;
    }

    private static List<Endpoint> endpoints(Random random) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = random.nextInt(4) - 1; i > 0; i--) {
            endpoints.add(new Endpoint(text(random, HARMLESS), shape(random, 3), shape(random, 3), map(random)));
        }
        return endpoints;
    }

    private static @Nullable Value shape(Random random, int levels) {
        return random.nextInt(4) == 0 ? null : value(random, levels);
    }

    private static Value value(Random random, int levels) {
        List<Value> below = new ArrayList<>();
        for (int i = levels == 0 ? 0 : random.nextInt(3); i > 0; i--) {
            below.add(value(random, levels - 1));
        }
        return new Value(text(random, CHARACTERS.length), text(random, CHARACTERS.length), below);
    }
}
