package dev.rollcall.etcd.layout;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.rollcall.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON value as Go's {@code encoding/json} does: names of fields in any case, null as absent, unknown fields ignored,
 * half a surrogate pair as U+FFFD (but in a field's name, where it is refused). Where Go keeps what it could read of a value with
 * a wrong type or invalid UTF-8, this refuses the value. For one thread.
 */
final class GoJsonReader {
    /** Larger values are not read. */
    static final int LARGEST_VALUE = 512 * 1024;

    /** Maps with more entries are not read: names made to collide would take too long. */
    static final int MOST_ENTRIES = 1024;

    private static final int DEEPEST = 64;
    private static final int LONGEST_NUMBER = 18;

    private static final JsonFactory JSON = JsonFactory.builder()
            // our interner is bounded, the JVM's is not
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            // the table of names is shared: one value's names must not make another value fail
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxDocumentLength(LARGEST_VALUE)
                    .maxNameLength(LARGEST_VALUE)
                    .maxStringLength(LARGEST_VALUE)
                    .maxNumberLength(LARGEST_VALUE)
                    .build())
            .build();

    private final JsonParser json;
    private final Interner interner;
    private final boolean escapes;

    private GoJsonReader(JsonParser json, Interner interner, boolean escapes) {
        this.json = json;
        this.interner = interner;
        this.escapes = escapes;
    }

    /** Makes something of an object: calls {@link #field()} until it returns null, and reads or skips each field's value. */
    interface Body<T> {
        @Nullable
        T read(GoJsonReader json) throws IOException, UnreadableValueException;
    }

    /** The object that is all of the value; null for JSON's null. */
    static <T> @Nullable T read(byte[] value, Interner interner, Body<T> body) throws UnreadableValueException {
        if (value.length > LARGEST_VALUE) {
            throw new UnreadableValueException(value.length + " bytes (expected: at most " + LARGEST_VALUE + ")");
        }
        boolean ascii = true;
        boolean escapes = false;
        for (byte b : value) {
            ascii &= b >= 0;
            escapes |= b == '\\';
        }
        try (JsonParser json = JSON.createParser(value)) {
            if (!ascii) {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
            }
            json.nextToken();
            T read = new GoJsonReader(json, interner, escapes).object(body);
            if (json.nextToken() != null) {
                throw new UnreadableValueException("more after the first JSON value (expected: one object)");
            }
            return read;
        } catch (CharacterCodingException e) {
            throw new UnreadableValueException("not UTF-8 (expected: JSON in UTF-8)");
        } catch (StreamConstraintsException e) {
            throw new UnreadableValueException(
                    "nested deeper than " + DEEPEST + " levels (expected: at most " + DEEPEST + ")");
        } catch (JsonEOFException e) {
            throw new UnreadableValueException("JSON that ends too early (expected: one object)");
        } catch (StreamReadException e) {
            throw new UnreadableValueException(
                    "not JSON near byte " + e.getLocation().getByteOffset() + " (expected: one object)");
        } catch (IOException e) {
            throw new UnreadableValueException("not JSON (expected: one object)");
        }
    }

    /** An object, through the given reader of its fields; null for JSON's null. */
    <T> @Nullable T object(Body<T> body) throws IOException, UnreadableValueException {
        return is(JsonToken.START_OBJECT, "an object") ? body.read(this) : null;
    }

    /** Goes to the next field's value and returns its name in lower case; null at the end of the object. */
    @Nullable
    String field() throws IOException {
        String name = json.nextFieldName();
        if (name == null) {
            return null;
        }
        json.nextToken();
        return folded(name);
    }

    /** Passes over the current value, whatever it is. */
    void skip() throws IOException {
        json.skipChildren();
    }

    /** The objects of a list but for nulls; empty for JSON's null. */
    <T> List<T> list(Body<T> element) throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_ARRAY, "a list")) {
            return List.of();
        }
        List<T> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            T each = object(element);
            if (each != null) {
                list.add(each);
            }
        }
        return List.copyOf(list);
    }

    /** A map of texts; empty for JSON's null. */
    Map<String, String> map() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_OBJECT, "an object")) {
            return Map.of();
        }
        List<String> pairs = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            if (pairs.size() == 2 * MOST_ENTRIES) {
                throw new UnreadableValueException(
                        path() + ": too many entries (expected: at most " + MOST_ENTRIES + ")");
            }
            pairs.add(interned());
            json.nextToken();
            pairs.add(shared());
        }
        return pairs.isEmpty() ? Map.of() : interner.map(pairs);
    }

    /** Text that no other instance is likely to have. */
    String text() throws IOException, UnreadableValueException {
        return is(JsonToken.VALUE_STRING, "text") ? repaired(json.getText()) : "";
    }

    /** Text that many instances are likely to have. */
    String shared() throws IOException, UnreadableValueException {
        return is(JsonToken.VALUE_STRING, "text") ? interned() : "";
    }

    /** The texts of a list; empty for JSON's null. */
    List<String> texts() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_ARRAY, "a list")) {
            return List.of();
        }
        List<String> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            list.add(text());
        }
        return list;
    }

    /** A whole number; 0 for JSON's null. */
    long number() throws IOException, UnreadableValueException {
        if (!is(JsonToken.VALUE_NUMBER_INT, "a whole number")) {
            return 0;
        }
        if (json.getTextLength() > LONGEST_NUMBER) {
            throw new UnreadableValueException(
                    path() + ": " + json.getTextLength() + " digits (expected: at most " + LONGEST_NUMBER + ")");
        }
        return json.getLongValue();
    }

    /** The entries of any value that are texts, numbers or booleans, as texts; empty when it is no object. */
    Map<String, String> plainEntries() throws IOException, UnreadableValueException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return Map.of();
        }
        List<String> pairs = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = interned();
            JsonToken token = json.nextToken();
            if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
                if (pairs.size() == 2 * MOST_ENTRIES) {
                    throw new UnreadableValueException(
                            path() + ": too many entries (expected: at most " + MOST_ENTRIES + ")");
                }
                pairs.add(name);
                pairs.add(interned());
            }
            json.skipChildren();
        }
        return pairs.isEmpty() ? Map.of() : interner.map(pairs);
    }

    /** Whatever the current value is, as text that is safe to show; empty for null. */
    String shown() throws IOException {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return "";
        }
        String text = json.getText();
        json.skipChildren();
        return token == JsonToken.VALUE_STRING ? Text.quote(text) : Text.plain(text);
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

    /** Whether the current value is of this kind; false for null, and any other kind is refused. */
    private boolean is(JsonToken kind, String name) throws UnreadableValueException {
        JsonToken token = json.currentToken();
        if (token != kind && token != JsonToken.VALUE_NULL) {
            throw wrong(name);
        }
        return token == kind;
    }

    private String interned() throws IOException {
        if (!escapes) {
            return interner.text(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
        }
        char[] text = repaired(json.getText()).toCharArray();
        return interner.text(text, 0, text.length);
    }

    /** With U+FFFD for each half of a surrogate pair, which only an escape can bring. */
    private String repaired(String text) {
        return escapes && text.chars().anyMatch(c -> Character.isSurrogate((char) c))
                ? new String(text.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE)
                : text;
    }

    private UnreadableValueException wrong(String expected) {
        JsonToken token = json.currentToken();
        String got = token == null
                ? "nothing"
                : switch (token) {
                    case START_OBJECT -> "an object";
                    case START_ARRAY -> "a list";
                    case VALUE_STRING -> "text";
                    case VALUE_TRUE, VALUE_FALSE -> "a boolean";
                    default -> "a number";
                };
        return new UnreadableValueException(path() + ": " + got + " (expected: " + expected + ")");
    }

    private String path() {
        String path = json.getParsingContext().pathAsPointer().toString();
        return path.isEmpty() ? "value" : Text.plain(path);
    }
}
