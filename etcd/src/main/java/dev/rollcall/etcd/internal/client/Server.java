package dev.rollcall.etcd.internal.client;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One etcd server to try: a host, a port and whether it is spoken to over TLS.
 *
 * @param host a name or a literal IP without brackets
 */
public record Server(String host, int port, boolean tls) {
    private static final int DEFAULT_PORT = 2379;
    /** A name, an IPv4 literal, or an IPv6 literal with or without a zone. */
    private static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?");

    /** Reads {@code host}, {@code host:port}, {@code [ipv6]:port}, an IPv6 literal, or one of them behind {@code http(s)://}. */
    static Server parse(String text, boolean tlsByDefault) {
        boolean https = text.startsWith("https://");
        boolean http = text.startsWith("http://");
        String rest = text.substring(https ? 8 : http ? 7 : 0);
        if (rest.endsWith("/")) {
            rest = rest.substring(0, rest.length() - 1);
        }
        boolean tls = https || (tlsByDefault && !http);
        int colon = rest.lastIndexOf(':');
        boolean bare = colon < 0 || rest.indexOf(':') != colon || rest.endsWith("]");
        boolean bracketed = rest.startsWith("[");
        if (bracketed && rest.contains("]:")) {
            bare = false;
        }
        String host = bare ? rest : rest.substring(0, colon);
        if (bracketed) {
            host = host.replace("[", "").replace("]", "");
        }
        if (!HOST.matcher(host).matches()) {
            throw new ConfigurationException("etcd address: " + Text.quote(text)
                    + " (expected: HOST, HOST:PORT, [IPV6]:PORT, or one of them behind http:// or https://)");
        }
        return new Server(host, bare ? DEFAULT_PORT : port(rest.substring(colon + 1), text), tls);
    }

    private static int port(String digits, String text) {
        boolean number =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(Character::isDigit);
        int port = number ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > 65535) {
            throw new ConfigurationException(
                    "etcd address: port " + Text.quote(digits) + " in " + Text.quote(text) + " (expected: 1 to 65535)");
        }
        return port;
    }

    /** Reads all; refuses a mix of TLS and plain text, since one open door makes the locked ones worthless. */
    public static List<Server> parseAll(List<String> addresses, boolean tlsByDefault) {
        List<Server> servers = new ArrayList<>();
        for (String address : addresses) {
            servers.add(parse(address, tlsByDefault));
        }
        if (servers.stream().map(Server::tls).distinct().count() > 1) {
            throw new ConfigurationException(
                    "etcd addresses: some with TLS and some without (expected: all https:// or all http://)");
        }
        return servers;
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
