package dev.rollcall.etcd.internal.client;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One etcd server to try: a host, a port and whether it is spoken to over TLS.
 *
 * @param host a name or a literal IP without brackets
 */
public record Server(String host, int port, boolean tls) {
    private static final int DEFAULT_PORT = 2379;
    private static final String IPV6 = "[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]+)?";
    private static final Pattern ADDRESS = Pattern.compile(
            "(?<scheme>https?://)?" + "(?:\\[(?<six>" + IPV6 + ")]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>[^/]*))?/?");
    private static final Pattern BARE_IPV6 = Pattern.compile("(?=.*:.*:)" + IPV6);

    /** Reads {@code host}, {@code host:port}, {@code [ipv6]:port}, an IPv6 literal, or one of them behind {@code http(s)://}. */
    static Server parse(String text, boolean tlsByDefault) {
        if (BARE_IPV6.matcher(text).matches() && isLiteral(text)) {
            return new Server(text, DEFAULT_PORT, tlsByDefault);
        }
        Matcher address = ADDRESS.matcher(text);
        if (!address.matches() || (address.group("six") != null && !isLiteral(address.group("six")))) {
            throw new ConfigurationException("etcd address: " + Text.quote(text)
                    + " (expected: HOST, HOST:PORT, [IPV6]:PORT, or one of them behind http:// or https://)");
        }
        String scheme = address.group("scheme");
        boolean tls = scheme == null ? tlsByDefault : scheme.equals("https://");
        String host = address.group("six") == null ? address.group("name") : address.group("six");
        String port = address.group("port");
        return new Server(host, port == null ? DEFAULT_PORT : port(port, text), tls);
    }

    private static boolean isLiteral(String text) {
        int zone = text.indexOf('%');
        try {
            InetAddress.getByName(zone < 0 ? text : text.substring(0, zone)); // with a colon in it no name is looked up
            return true;
        } catch (UnknownHostException none) {
            return false;
        }
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
