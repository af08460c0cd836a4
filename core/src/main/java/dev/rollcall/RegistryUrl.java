package dev.rollcall;

import dev.rollcall.spi.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A registry's URL taken apart: {@code scheme://[user[:password]@]address,address[?option=value&...]}. User, password, option
 * names and values are percent-decoded. Messages never contain what could be a password.
 */
record RegistryUrl(
        String scheme,
        List<String> addresses,
        @Nullable String user,
        @Nullable Secret password,
        Map<String, String> options) {
    private static final String EXPECTED = " (expected: SCHEME://[USER@]ADDRESS,...[?OPTION=VALUE&...])";

    /** Whether the text is a URL and not just a registry's name. */
    static boolean isUrl(String text) {
        return text.indexOf(':') >= 0;
    }

    static RegistryUrl parse(String text) {
        int colon = text.indexOf(':');
        String scheme = text.substring(0, Math.max(colon, 0)).toLowerCase(Locale.ROOT);
        if (!scheme.matches("[a-z][a-z0-9+.-]*")) {
            throw wrong(text, "has no scheme");
        }
        int query = text.indexOf('?');
        if (query >= 0 && text.indexOf('@', query) >= 0) {
            // It is not known here whether this is an option or the rest of a password with a ? in it.
            throw wrong(text, "has an @ behind a ? (write %40 in an option, %3F in a password)");
        }
        String place = text.substring(colon + 1, query < 0 ? text.length() : query);
        if (!place.isEmpty() && !place.startsWith("//")) {
            throw wrong(text, "has no // after its scheme");
        }
        String authority = place.isEmpty() ? "" : place.substring(2);
        if (authority.endsWith("/")) {
            authority = authority.substring(0, authority.length() - 1);
        }
        if (authority.indexOf('/') >= 0 || text.indexOf('#') >= 0) {
            throw wrong(text, "has a path or a fragment");
        }
        int at = authority.lastIndexOf('@');
        String login = at < 0 ? "" : authority.substring(0, at);
        int secret = login.indexOf(':');
        return new RegistryUrl(
                scheme,
                addresses(authority.substring(at + 1)),
                login.isEmpty() ? null : decode(text, secret < 0 ? login : login.substring(0, secret)),
                secret < 0 ? null : Secret.of(decode(text, login.substring(secret + 1))),
                query < 0 ? Map.of() : options(text, text.substring(query + 1)));
    }

    /** A comma list of addresses without its blanks and empty entries. */
    static List<String> addresses(String list) {
        return Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(address -> !address.isEmpty())
                .toList();
    }

    private static Map<String, String> options(String url, String query) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = decode(url, equals < 0 ? pair : pair.substring(0, equals));
            if (equals < 0) {
                throw new ConfigurationException("option " + Text.quote(name) + ": no value (expected: NAME=VALUE)");
            }
            if (options.put(name, decode(url, pair.substring(equals + 1))) != null) {
                throw new ConfigurationException("option " + Text.quote(name) + ": given twice (expected: once)");
            }
        }
        return options;
    }

    private static String decode(String url, String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw wrong(url, "has a % without two hexadecimal digits behind it");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException notText) {
            throw wrong(url, "has percent-encoded bytes that are not UTF-8");
        }
    }

    private static ConfigurationException wrong(String url, String problem) {
        return new ConfigurationException("registry: " + Text.quote(masked(url)) + " " + problem + EXPECTED);
    }

    /** The URL up to its query, with everything hidden that may be a login, also in a URL that is not well formed. */
    private static String masked(String url) {
        int start = url.indexOf("://");
        int at = url.lastIndexOf('@');
        String shown = at < 0 ? url : url.substring(0, start < 0 ? 0 : start + 3) + "******" + url.substring(at);
        int query = shown.indexOf('?');
        return query < 0 ? shown : shown.substring(0, query) + "?...";
    }
}
