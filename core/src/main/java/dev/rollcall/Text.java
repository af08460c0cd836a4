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
        for (int i = 0; i < text.length(); i++) {
            if (i == LONGEST) {
                return out.append("...").toString();
            }
            char c = text.charAt(i);
            if (unsafe(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static boolean unsafe(char c) {
        return Character.isISOControl(c)
                || (c >= '\u200e' && c <= '\u200f')
                || (c >= '\u2028' && c <= '\u202e')
                || (c >= '\u2066' && c <= '\u2069')
                || c == '\ufeff';
    }
}
