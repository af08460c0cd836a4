package dev.rollcall.etcd.layout;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks over one JSON value (RFC 8259) in UTF-8, and makes nothing but what it is asked for: a change of an instance is read while
 * all else waits, mostly when the processor has forgotten how, so that every step counts. For one thread.
 */
final class JsonScanner {
    /** What a value is. */
    enum Kind {
        OBJECT("an object"),
        LIST("a list"),
        TEXT("text"),
        NUMBER("a number"),
        BOOLEAN("a boolean"),
        NULL("null");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private static final int DEEPEST = 64;
    private static final int USUAL_DEPTH = 8;

    private final byte[] json;
    private final Interner interner;
    private int at;
    private int depth;
    /** The way to here: the name of the field, or null within a list, and how many were begun; by depth. */
    private @Nullable String[] names = new @Nullable String[USUAL_DEPTH];

    private int[] counts = new int[USUAL_DEPTH];

    JsonScanner(byte[] json, Interner interner) throws UnreadableValueException {
        int bits = 0;
        for (byte b : json) {
            bits |= b;
        }
        if (bits < 0) {
            checkUtf8(json);
        }
        this.json = json;
        this.interner = interner;
        space();
    }

    private static void checkUtf8(byte[] json) throws UnreadableValueException {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
        } catch (CharacterCodingException e) {
            throw new UnreadableValueException("not UTF-8 (expected: JSON in UTF-8)");
        }
    }

    /** What the value that comes now is. */
    Kind kind() throws UnreadableValueException {
        return switch (here()) {
            case '{' -> Kind.OBJECT;
            case '[' -> Kind.LIST;
            case '"' -> Kind.TEXT;
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Kind.NUMBER;
            case 't', 'f' -> Kind.BOOLEAN;
            case 'n' -> Kind.NULL;
            default -> throw malformed();
        };
    }

    /** Goes into the object or list that comes now. */
    void enter() throws UnreadableValueException {
        if (++depth > DEEPEST) {
            throw new UnreadableValueException(
                    "nested deeper than " + DEEPEST + " levels (expected: at most " + DEEPEST + ")");
        }
        if (depth == counts.length) {
            names = Arrays.copyOf(names, 2 * depth);
            counts = Arrays.copyOf(counts, 2 * depth);
        }
        names[depth] = null;
        counts[depth] = 0;
        at++;
    }

    /** Goes to the value of the next field of the object that was entered; null at its end, which is left. */
    @Nullable
    String nextName() throws UnreadableValueException {
        if (!next('}')) {
            return null;
        }
        String name = quoted(true);
        names[depth] = name;
        colon();
        return name;
    }

    /** Goes to the next element of the list that was entered; false at its end, which is left. */
    boolean nextElement() throws UnreadableValueException {
        return next(']');
    }

    private boolean next(char close) throws UnreadableValueException {
        space();
        if (here() == close) {
            at++;
            depth--;
            return false;
        }
        if (counts[depth]++ > 0) {
            expect(',');
            space();
        }
        return true;
    }

    private void colon() throws UnreadableValueException {
        space();
        expect(':');
        space();
    }

    /**
     * The text that comes now.
     *
     * @param shared whether many instances are likely to have it
     */
    String text(boolean shared) throws UnreadableValueException {
        return quoted(shared);
    }

    /** The number that comes now, as it is written. */
    String number() throws UnreadableValueException {
        int start = at;
        passNumber();
        return new String(json, start, at - start, StandardCharsets.ISO_8859_1);
    }

    /** Passes over the boolean or null that comes now, and returns it as it is written. */
    String word() throws UnreadableValueException {
        String word = here() == 't' ? "true" : here() == 'f' ? "false" : "null";
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
        return word;
    }

    /** Passes over the value that comes now, whatever it is. */
    void skip() throws UnreadableValueException {
        switch (kind()) {
            case OBJECT -> {
                enter();
                while (next('}')) {
                    passText();
                    colon();
                    skip();
                }
            }
            case LIST -> {
                enter();
                while (next(']')) {
                    skip();
                }
            }
            case TEXT -> passText();
            case NUMBER -> passNumber();
            case BOOLEAN, NULL -> word();
        }
    }

    /** Checks that nothing comes any more. */
    void end() throws UnreadableValueException {
        space();
        if (at < json.length) {
            throw new UnreadableValueException("more after the first JSON value (expected: one object)");
        }
    }

    /** Where the value that comes now stands, {@code /nodes/0/id}; empty at the top. */
    String path() {
        StringBuilder path = new StringBuilder();
        for (int i = 1; i <= depth; i++) {
            String name = names[i];
            path.append('/').append(name == null ? Integer.toString(counts[i] - 1) : name);
        }
        return path.toString();
    }

    // --- text ---

    private String quoted(boolean shared) throws UnreadableValueException {
        int start = at + 1;
        boolean escapes = passText();
        int length = at - 1 - start;
        if (escapes) {
            String text = unescaped(start, at - 1);
            return shared ? interner.text(text) : text;
        }
        return shared ? interner.text(json, start, length) : new String(json, start, length, StandardCharsets.UTF_8);
    }

    /** Passes over the text that comes now; whether there are escapes in it. */
    private boolean passText() throws UnreadableValueException {
        expect('"');
        boolean escapes = false;
        for (byte b = here(); b != '"'; b = here()) {
            if (b >= 0 && b < ' ') {
                throw malformed();
            }
            at++;
            if (b == '\\') {
                escapes = true;
                passEscape();
            }
        }
        at++;
        return escapes;
    }

    private void passEscape() throws UnreadableValueException {
        if ("\"\\/bfnrtu".indexOf(here()) < 0) {
            throw malformed();
        }
        if (json[at++] == 'u') {
            for (int i = 0; i < 4; i++, at++) {
                if (Character.digit(here(), 16) < 0) {
                    throw malformed();
                }
            }
        }
    }

    /** As Go does it: half a surrogate pair, which only an escape can bring, becomes U+FFFD. */
    private String unescaped(int start, int end) {
        StringBuilder text = new StringBuilder(end - start);
        int from = start;
        for (int i = indexOfEscape(start, end); i < end; i = indexOfEscape(from, end)) {
            text.append(new String(json, from, i - from, StandardCharsets.UTF_8));
            from = i + 2;
            switch (json[i + 1]) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    char first = unit(i);
                    from += 4;
                    if (Character.isHighSurrogate(first) && from + 6 <= end && Character.isLowSurrogate(unit(from))) {
                        text.append(first).append(unit(from));
                        from += 6;
                    } else {
                        text.append(Character.isSurrogate(first) ? '\ufffd' : first);
                    }
                }
                default -> text.append((char) json[i + 1]);
            }
        }
        return text.append(new String(json, from, end - from, StandardCharsets.UTF_8))
                .toString();
    }

    private int indexOfEscape(int from, int end) {
        int i = from;
        while (i < end && json[i] != '\\') {
            i++;
        }
        return i;
    }

    /** The UTF-16 code unit that is written as six characters from here on, or 0 for anything else. */
    private char unit(int start) {
        if (json[start] != '\\' || json[start + 1] != 'u') {
            return 0;
        }
        int unit = 0;
        for (int i = start + 2; i < start + 6; i++) {
            unit = unit << 4 | Character.digit(json[i], 16);
        }
        return (char) unit;
    }

    // --- numbers ---

    private void passNumber() throws UnreadableValueException {
        if (here() == '-') {
            at++;
        }
        if (here() == '0') {
            at++;
            if (digit()) {
                throw malformed();
            }
        } else {
            passDigits();
        }
        if (at < json.length && json[at] == '.') {
            at++;
            passDigits();
        }
        if (at < json.length && (json[at] | 0x20) == 'e') {
            at++;
            if (here() == '+' || here() == '-') {
                at++;
            }
            passDigits();
        }
    }

    private void passDigits() throws UnreadableValueException {
        here();
        if (!digit()) {
            throw malformed();
        }
        while (digit()) {
            at++;
        }
    }

    private boolean digit() {
        return at < json.length && json[at] >= '0' && json[at] <= '9';
    }

    // --- bytes ---

    private byte here() throws UnreadableValueException {
        if (at == json.length) {
            throw new UnreadableValueException("JSON that ends too early (expected: one object)");
        }
        return json[at];
    }

    private void expect(char c) throws UnreadableValueException {
        if (here() != c) {
            throw malformed();
        }
        at++;
    }

    private void space() {
        while (at < json.length && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
            at++;
        }
    }

    private UnreadableValueException malformed() {
        return new UnreadableValueException("not JSON near byte " + at + " (expected: one object)");
    }
}
