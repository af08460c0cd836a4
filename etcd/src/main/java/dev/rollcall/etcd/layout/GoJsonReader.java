package dev.rollcall.etcd.layout;

import dev.rollcall.Text;
import dev.rollcall.etcd.layout.JsonScanner.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON value as Go's {@code encoding/json} does: names of fields in any case, null as absent, unknown fields ignored,
 * half a surrogate pair as U+FFFD. Where Go keeps what it could read of a value with a wrong type or invalid UTF-8, this refuses
 * the value. For one thread.
 */
final class GoJsonReader {
    /** Larger values are not read. */
    static final int LARGEST_VALUE = 512 * 1024;

    /** Maps with more entries are not read: names made to collide would take too long. */
    static final int MOST_ENTRIES = 1024;

    private static final int LONGEST_NUMBER = 18;

    private final JsonScanner json;
    private final Interner interner;

    private GoJsonReader(JsonScanner json, Interner interner) {
        this.json = json;
        this.interner = interner;
    }

    /** Makes something of an object: calls {@link #field()} until it returns null, and reads or skips each field's value. */
    interface Body<T> {
        @Nullable
        T read(GoJsonReader json) throws UnreadableValueException;
    }

    /** The object that is all of the value; null for JSON's null. */
    static <T> @Nullable T read(byte[] value, Interner interner, Body<T> body) throws UnreadableValueException {
        if (value.length > LARGEST_VALUE) {
            throw new UnreadableValueException(value.length + " bytes (expected: at most " + LARGEST_VALUE + ")");
        }
        JsonScanner json = new JsonScanner(value, interner);
        T read = new GoJsonReader(json, interner).object(body);
        json.end();
        return read;
    }

    /** An object, through the given reader of its fields; null for JSON's null. */
    <T> @Nullable T object(Body<T> body) throws UnreadableValueException {
        return entered(Kind.OBJECT) ? body.read(this) : null;
    }

    /** Goes to the next field's value and returns its name in lower case; null at the end of the object. */
    @Nullable
    String field() throws UnreadableValueException {
        String name = json.nextName();
        return name == null ? null : folded(name);
    }

    /** Passes over the current value, whatever it is. */
    void skip() throws UnreadableValueException {
        json.skip();
    }

    /** The objects of a list but for nulls; empty for JSON's null. */
    <T> List<T> list(Body<T> element) throws UnreadableValueException {
        if (!entered(Kind.LIST)) {
            return List.of();
        }
        List<T> list = new ArrayList<>();
        while (json.nextElement()) {
            T each = object(element);
            if (each != null) {
                list.add(each);
            }
        }
        return List.copyOf(list);
    }

    /** A map of texts; empty for JSON's null. */
    Map<String, String> map() throws UnreadableValueException {
        if (!entered(Kind.OBJECT)) {
            return Map.of();
        }
        List<String> pairs = new ArrayList<>();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            add(pairs, name, shared());
        }
        return interner.map(pairs);
    }

    /** The entries of any value that are texts, numbers or booleans, as texts; empty when it is no object. */
    Map<String, String> plainEntries() throws UnreadableValueException {
        if (json.kind() != Kind.OBJECT) {
            json.skip();
            return Map.of();
        }
        json.enter();
        List<String> pairs = new ArrayList<>();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            switch (json.kind()) {
                case TEXT -> add(pairs, name, json.text(true));
                case NUMBER -> add(pairs, name, json.number());
                case BOOLEAN -> add(pairs, name, json.word());
                default -> json.skip();
            }
        }
        return interner.map(pairs);
    }

    private void add(List<String> pairs, String name, String value) throws UnreadableValueException {
        if (pairs.size() == 2 * MOST_ENTRIES) {
            throw new UnreadableValueException(where() + ": too many entries (expected: at most " + MOST_ENTRIES + ")");
        }
        pairs.add(name);
        pairs.add(value);
    }

    /** Text that no other instance is likely to have. */
    String text() throws UnreadableValueException {
        return is(Kind.TEXT) ? json.text(false) : "";
    }

    /** Text that many instances are likely to have. */
    String shared() throws UnreadableValueException {
        return is(Kind.TEXT) ? json.text(true) : "";
    }

    /** The texts of a list; empty for JSON's null. */
    List<String> texts() throws UnreadableValueException {
        if (!entered(Kind.LIST)) {
            return List.of();
        }
        List<String> list = new ArrayList<>();
        while (json.nextElement()) {
            list.add(text());
        }
        return list;
    }

    /** A whole number; 0 for JSON's null. */
    long number() throws UnreadableValueException {
        if (!is(Kind.NUMBER)) {
            return 0;
        }
        String number = json.number();
        if (number.length() > LONGEST_NUMBER) {
            throw new UnreadableValueException(
                    where() + ": " + number.length() + " digits (expected: at most " + LONGEST_NUMBER + ")");
        }
        try {
            return Long.parseLong(number);
        } catch (NumberFormatException e) {
            throw new UnreadableValueException(where() + ": a number (expected: a whole number)");
        }
    }

    /** Whatever the current value is, as text that is safe to show; empty for null. */
    String shown() throws UnreadableValueException {
        Kind kind = json.kind();
        return switch (kind) {
            case TEXT -> Text.quote(json.text(false));
            case NUMBER -> Text.plain(json.number());
            case BOOLEAN -> json.word();
            case NULL, OBJECT, LIST -> {
                json.skip();
                yield kind == Kind.NULL ? "" : kind.words;
            }
        };
    }

    /** Go folds the case of ASCII letters and of the two other characters that have one of these as their lower case. */
    private static String folded(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < 'a' || c > 'z') {
                return name.toLowerCase(Locale.ROOT).replace('\u017f', 's');
            }
        }
        return name;
    }

    private boolean entered(Kind kind) throws UnreadableValueException {
        if (!is(kind)) {
            return false;
        }
        json.enter();
        return true;
    }

    /** Whether the current value is of this kind; null is passed over, and any other kind is refused. */
    private boolean is(Kind kind) throws UnreadableValueException {
        Kind found = json.kind();
        if (found == kind) {
            return true;
        }
        if (found == Kind.NULL) {
            json.word();
            return false;
        }
        String expected = kind == Kind.NUMBER ? "a whole number" : kind.words;
        throw new UnreadableValueException(where() + ": " + found.words + " (expected: " + expected + ")");
    }

    private String where() {
        String path = json.path();
        return path.isEmpty() ? "value" : Text.plain(path);
    }
}
