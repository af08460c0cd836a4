package dev.rollcall.mucp;

import java.nio.charset.StandardCharsets;

/**
 * Text in header values. Go writes UTF-8 there and Netty one byte per character, so each byte travels as the character of the
 * same number. What would end the line or is not allowed in one becomes a space, as Go does with line ends.
 */
final class HeaderText {
    private HeaderText() {}

    static String encode(String text) {
        if (plain(text)) {
            return text;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            if ((bytes[i] >= 0 && bytes[i] < ' ' && bytes[i] != '\t') || bytes[i] == 0x7f) {
                bytes[i] = ' ';
            }
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static String decode(String value) {
        return plain(value) ? value : new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static boolean plain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return true;
    }
}
