package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Builds JSON byte for byte as Go's {@code encoding/json} does: no spaces, HTML's characters escaped, maps sorted by the bytes of
 * their keys, empty maps and lists as null. Backspace and form feed have the short form, as since Go 1.22. For one thread.
 */
final class GoJsonWriter {
    /** Go's order of texts. */
    static final Comparator<String> BY_BYTES =
            Comparator.comparing(text -> text.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    private final StringBuilder out = new StringBuilder(512);

    /** Writes JSON as it is. */
    GoJsonWriter raw(String json) {
        out.append(json);
        return this;
    }

    GoJsonWriter text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean paired = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (paired) {
                out.append(c).append(text.charAt(++i));
            } else if (Character.isSurrogate(c)) {
                out.append("\\ufffd");
            } else {
                character(c);
            }
        }
        out.append('"');
        return this;
    }

    private void character(char c) {
        switch (c) {
            case '"', '\\' -> out.append('\\').append(c);
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '<', '>', '&', '\u2028', '\u2029' -> escaped(c);
            default -> {
                if (c < ' ') {
                    escaped(c);
                } else {
                    out.append(c);
                }
            }
        }
    }

    private void escaped(char c) {
        out.append(String.format("\\u%04x", (int) c));
    }

    GoJsonWriter map(Map<String, String> map) {
        if (map.isEmpty()) {
            return raw("null");
        }
        Map<String, String> sorted = new TreeMap<>(BY_BYTES);
        sorted.putAll(map);
        char separator = '{';
        for (Map.Entry<String, String> entry : sorted.entrySet()) {
            out.append(separator);
            text(entry.getKey()).raw(":").text(entry.getValue());
            separator = ',';
        }
        return raw("}");
    }

    /** Writes each element through the given writer. */
    <T> GoJsonWriter list(List<T> list, Consumer<T> element) {
        if (list.isEmpty()) {
            return raw("null");
        }
        char separator = '[';
        for (T each : list) {
            out.append(separator);
            element.accept(each);
            separator = ',';
        }
        return raw("]");
    }

    /** The bytes, unless they are more than would be read again; etcd itself would take a request of 1.5 MiB. */
    static byte[] checked(Instance instance, byte[] value) {
        if (value.length > GoJsonReader.LARGEST_VALUE) {
            throw new InvalidInstanceException("instance " + Text.quote(instance.id()) + ": " + value.length
                    + " bytes as JSON (expected: at most " + GoJsonReader.LARGEST_VALUE + ")");
        }
        return value;
    }

    byte[] bytes() {
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}
