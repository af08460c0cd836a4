package dev.rollcall.etcd.layout;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Text;
import dev.rollcall.Value;
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
 * Reads one value as go-micro's own readers do, which is as Go's {@code encoding/json} does: names in any case, null as absent,
 * unknown fields ignored, half a surrogate pair as U+FFFD (but in a field's name, where it is refused). Where Go keeps what it
 * could read of a value with a wrong type or invalid UTF-8, this refuses the value.
 */
final class GoMicroReader {
    private static final int DEEPEST = 64;

    private static final JsonFactory JSON = JsonFactory.builder()
            // our interner is bounded, the JVM's is not
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            // the table of names is shared: one value's names must not make another value fail
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxDocumentLength(GoMicroLayout.LARGEST_VALUE)
                    .maxNameLength(GoMicroLayout.LARGEST_VALUE)
                    .maxStringLength(GoMicroLayout.LARGEST_VALUE)
                    .maxNumberLength(GoMicroLayout.LARGEST_VALUE)
                    .build())
            .build();

    private final JsonParser json;
    private final Interner interner;
    private final boolean escapes;

    private GoMicroReader(JsonParser json, Interner interner, boolean escapes) {
        this.json = json;
        this.interner = interner;
        this.escapes = escapes;
    }

    static Instance read(String key, byte[] value, Interner interner) throws UnreadableValueException {
        if (value.length > GoMicroLayout.LARGEST_VALUE) {
            throw new UnreadableValueException(
                    value.length + " bytes (expected: at most " + GoMicroLayout.LARGEST_VALUE + ")");
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
            return new GoMicroReader(json, interner, escapes).instance(key);
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

    private Instance instance(String key) throws IOException, UnreadableValueException {
        String service = "";
        String version = "";
        Map<String, String> metadata = Map.of();
        List<Endpoint> endpoints = List.of();
        GoMicroNode node = null;
        json.nextToken();
        if (is(JsonToken.START_OBJECT, "an object")) {
            for (String field = field(); field != null; field = field()) {
                switch (field) {
                    case "name" -> service = shared();
                    case "version" -> version = shared();
                    case "metadata" -> metadata = map();
                    case "endpoints" -> endpoints = interner.list(list(this::endpoint));
                    case "nodes" -> node = firstNode();
                    default -> json.skipChildren();
                }
            }
        }
        if (json.nextToken() != null) {
            throw new UnreadableValueException("more after the first JSON value (expected: one object)");
        }
        if (service.isEmpty()) {
            throw new UnreadableValueException("name: none (expected: the service's)");
        }
        if (node == null) {
            throw new UnreadableValueException("nodes: none (expected: one)");
        }
        String id = node.id().isEmpty() ? key.substring(key.lastIndexOf('/') + 1) : node.id();
        return new Instance(
                service, version, id, node.target(), node.status(), node.ownMetadata(), metadata, endpoints);
    }

    private @Nullable GoMicroNode firstNode() throws IOException, UnreadableValueException {
        GoMicroNode first = null;
        if (is(JsonToken.START_ARRAY, "a list")) {
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (first == null) {
                    first = node();
                } else {
                    json.skipChildren();
                }
            }
        }
        return first;
    }

    private @Nullable GoMicroNode node() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_OBJECT, "an object")) {
            return null;
        }
        String id = "";
        String address = "";
        String port = "";
        Map<String, String> metadata = Map.of();
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "id" -> id = text();
                case "address" -> address = text();
                case "port" -> port = port();
                case "metadata" -> metadata = map();
                default -> json.skipChildren();
            }
        }
        return new GoMicroNode(id, address, port, metadata);
    }

    /** Go-micro before 1.8 alone knows this field, so what is wrong with it matters only where it is needed. */
    private String port() throws IOException {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return "";
        }
        String text = json.getText();
        json.skipChildren();
        return token == JsonToken.VALUE_STRING ? Text.quote(text) : Text.plain(text);
    }

    private @Nullable Endpoint endpoint() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_OBJECT, "an object")) {
            return null;
        }
        String name = "";
        Value request = null;
        Value response = null;
        Map<String, String> metadata = Map.of();
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "name" -> name = shared();
                case "request" -> request = value();
                case "response" -> response = value();
                case "metadata" -> metadata = map();
                default -> json.skipChildren();
            }
        }
        return new Endpoint(name, request, response, metadata);
    }

    private @Nullable Value value() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_OBJECT, "an object")) {
            return null;
        }
        String name = "";
        String type = "";
        List<Value> values = List.of();
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "name" -> name = shared();
                case "type" -> type = shared();
                case "values" -> values = list(this::value);
                default -> json.skipChildren();
            }
        }
        return new Value(name, type, values);
    }

    private interface Element<T> {
        @Nullable
        T read() throws IOException, UnreadableValueException;
    }

    private <T> List<T> list(Element<T> element) throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_ARRAY, "a list")) {
            return List.of();
        }
        List<T> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            T each = element.read();
            if (each != null) {
                list.add(each);
            }
        }
        return List.copyOf(list);
    }

    private Map<String, String> map() throws IOException, UnreadableValueException {
        if (!is(JsonToken.START_OBJECT, "an object")) {
            return Map.of();
        }
        List<String> pairs = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            if (pairs.size() == 2 * GoMicroLayout.MOST_ENTRIES) {
                throw new UnreadableValueException(
                        path() + ": too many entries (expected: at most " + GoMicroLayout.MOST_ENTRIES + ")");
            }
            pairs.add(interned());
            json.nextToken();
            pairs.add(shared());
        }
        return pairs.isEmpty() ? Map.of() : interner.map(pairs);
    }

    /** Goes to the next field's value and returns its name in lower case; null at the end of the object. */
    private @Nullable String field() throws IOException {
        String name = json.nextFieldName();
        if (name == null) {
            return null;
        }
        json.nextToken();
        return folded(name);
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

    /** Text that no other instance is likely to have. */
    private String text() throws IOException, UnreadableValueException {
        return is(JsonToken.VALUE_STRING, "text") ? repaired(json.getText()) : "";
    }

    /** Text that many instances are likely to have. */
    private String shared() throws IOException, UnreadableValueException {
        return is(JsonToken.VALUE_STRING, "text") ? interned() : "";
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
