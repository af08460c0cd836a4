package dev.rollcall;

import java.util.Objects;

/**
 * Where an instance listens: a host name or a literal IP, and a TCP port.
 *
 * <p>{@link #toString()} writes {@code host:port} with IPv6 literals in brackets, as Go's {@code net.JoinHostPort} does, and
 * {@link #parse} reads the same: {@code Address.parse("[::1]:9000")}. Immutable.
 *
 * @param host a host name or a literal IP without brackets
 * @param port 1 to 65535
 */
public record Address(String host, int port) {
    private static final String NEVER_IN_HOSTS = "/[]\"?#";

    public Address {
        Objects.requireNonNull(host, "host");
        if (host.isEmpty() || host.length() > 255 || !isHost(host)) {
            throw new InvalidInstanceException(
                    "address: host " + Text.quote(host) + " (expected: a host name or an IP)");
        }
        if (port < 1 || port > 65535) {
            throw new InvalidInstanceException(
                    "address: port " + port + " of host " + Text.quote(host) + " (expected: 1 to 65535)");
        }
    }

    /** Reads {@code host:port} or {@code [ipv6]:port}; throws {@link InvalidInstanceException} saying what was expected. */
    public static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        boolean bracketed = host.length() > 2 && host.startsWith("[") && host.endsWith("]");
        if (colon < 0 || text.endsWith("]") || (!bracketed && host.indexOf(':') >= 0)) {
            throw new InvalidInstanceException(
                    "address: " + Text.quote(text) + " has no port (expected: HOST:PORT, or [IPV6]:PORT)");
        }
        String digits = text.substring(colon + 1);
        if (digits.isEmpty() || digits.length() > 9 || !isNumber(digits)) {
            throw new InvalidInstanceException(
                    "address: port " + Text.quote(digits) + " in " + Text.quote(text) + " (expected: 1 to 65535)");
        }
        return new Address(bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(digits));
    }

    private static boolean isNumber(String digits) {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static boolean isHost(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || Character.isISOControl(c) || NEVER_IN_HOSTS.indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
