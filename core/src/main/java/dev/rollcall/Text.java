package dev.rollcall;

/** Makes text from outside safe to show on one line. */
public final class Text {
    private static final int LONGEST = 200;

    private Text() {}

    /** The text in quotes, as {@link #plain} shows it. */
    public static String quote(String text) {
        return '"' + plain(text) + '"';
    }

    /**
     * The text with control characters and characters that change the reading direction written as {@code \\uXXXX}, cut after
     * 200 characters, so that a value from a registry can neither forge a log line nor drive a terminal.
     */
    public static String plain(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), LONGEST) + 8);
        int shown = 0;
        int c;
        for (int i = 0; i < text.length(); i += Character.charCount(c)) {
            if (shown++ == LONGEST) {
                return out.append("...").toString();
            }
            c = text.codePointAt(i);
            if (unsafe(c)) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        }
        return out.toString();
    }

    private static boolean unsafe(int c) {
        return Character.isISOControl(c)
                || c == 0x61c
                || (c >= 0x200e && c <= 0x200f)
                || (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069)
                || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)
                || c == 0xfeff;
    }
}
