package dev.rollcall.etcd;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import dev.rollcall.etcd.internal.client.ClientSettings;
import dev.rollcall.etcd.internal.client.Server;
import dev.rollcall.etcd.internal.view.Views;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.spi.DurationText;
import dev.rollcall.spi.RegistryProvider.Option;
import dev.rollcall.spi.RegistrySettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@code etcd://} URL, read and checked.
 *
 * @param layouts that are read; the first writable ones are written too
 */
record EtcdSettings(ClientSettings client, List<Layout> layouts, Views.Settings views, Duration ttl, boolean failFast) {
    /** etcd grants no lease of less with its default election timeout. */
    private static final Duration LEAST_TTL = Duration.ofSeconds(2);

    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);

    static final List<Option> OPTIONS = List.of(
            new Option(
                    "layout",
                    "NAME or NAME:PREFIX, with commas between, of " + String.join(", ", Layouts.names()),
                    "how instances are written as keys and values",
                    "go-micro"),
            new Option("prefix", "a path", "replaces the layout's own prefix", "the layout's"),
            new Option("ttl", "a duration of at least 2s", "how long an instance outlives its process", "the layout's"),
            new Option(
                    "timeout",
                    "a duration of at least 100ms",
                    "of one call of etcd; a whole read may take half as long again",
                    "2s"),
            new Option("fail-fast", "true or false", "fail at the start when etcd is not there in 3 s", "false"),
            new Option("tls", "true or false", "speak TLS to addresses without http:// or https://", "false"),
            new Option("ca", "a PEM file", "the certificates to trust", "the system's"),
            new Option("cert", "a PEM file", "our own certificate, for mutual TLS", "none"),
            new Option("key", "a PEM file", "our own private key, PKCS#8", "none"),
            new Option("authority", "a host name", "the name in etcd's certificate", "the address's"),
            new Option("retry-cap", "a duration of at least 100ms", "longest pause between tries to connect", "5s"),
            new Option("page-size", "1 to 100000", "keys read at a time", "5000"),
            new Option("hold", "a duration", "how long instances stay that a wiped etcd has lost", "max(2 TTL, 60s)"),
            new Option("hidden", "true or false", "list the fleet's own plumbing too", "false"));

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]");

    private static final Duration FAIL_FAST_WITHIN = Duration.ofSeconds(3);

    static EtcdSettings of(RegistrySettings given) {
        Reader options = new Reader(given.options());
        List<Layout> layouts = layouts(options);
        boolean tls = options.bool("tls");
        ClientSettings.Tls trust = new ClientSettings.Tls(
                options.path("ca"), options.path("cert"), options.path("key"), options.host("authority"));
        if ((trust.certificate() == null) != (trust.key() == null)) {
            throw new ConfigurationException("cert, key: only one is given (expected: both or none)");
        }
        List<String> addresses = given.addresses().isEmpty() ? List.of("127.0.0.1:2379") : given.addresses();
        tls |= !trust.equals(ClientSettings.Tls.SYSTEM);
        List<Server> servers = Server.parseAll(addresses, tls);
        if (tls && !servers.get(0).tls()) {
            throw new ConfigurationException("tls, ca, cert, key, authority: given for http:// addresses"
                    + " (expected: https:// addresses, or none of these)");
        }
        Duration timeout = options.duration("timeout", Duration.ofSeconds(2), LEAST_TIMEOUT);
        Duration ttl = options.duration("ttl", layouts.get(0).ttl(), LEAST_TTL);
        Duration hold = options.duration("hold", longer(ttl.multipliedBy(2), Duration.ofMinutes(1)), Duration.ZERO);
        ClientSettings client = new ClientSettings(
                servers,
                trust,
                given.user(),
                given.password(),
                timeout,
                options.duration("retry-cap", longest(ttl), LEAST_TIMEOUT),
                probeKey(layouts));
        Views.Settings views = new Views.Settings(
                layouts, options.number("page-size", 5_000, 100_000), hold, wholeRead(timeout), options.bool("hidden"));
        return new EtcdSettings(client, layouts, views, ttl, options.bool("fail-fast"));
    }

    /** What an operator should know of these settings. */
    List<String> cautions() {
        List<String> cautions = new ArrayList<>();
        if ("root".equals(client.user())) {
            cautions.add("the etcd user root may do everything (expected: a user with the rights it needs,"
                    + " see docs/security.md)");
        }
        String authority = client.tls().authority();
        if (authority != null) {
            cautions.add("etcd's certificate is checked for the name " + authority
                    + ", not for the addresses (option authority)");
        }
        return cautions;
    }

    /** The layouts that instances are written in. */
    List<Layout> written() {
        return layouts.stream().filter(Layout::writable).toList();
    }

    /** How long the start may take with {@code fail-fast}. */
    Duration failFastWithin() {
        return FAIL_FAST_WITHIN;
    }

    /** A read of several calls and tries may take half as long again as one call. */
    private static Duration wholeRead(Duration timeout) {
        return timeout.multipliedBy(3).dividedBy(2);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    /** Leases of this TTL must not end for our own pause. */
    private static Duration longest(Duration ttl) {
        Duration quarter = ttl.dividedBy(4);
        Duration five = Duration.ofSeconds(5);
        return quarter.compareTo(five) < 0 ? quarter : five;
    }

    /** One that whoever may read the instances may read, too; without a prefix of its own the first key of all. */
    private static String probeKey(List<Layout> layouts) {
        return layouts.stream()
                .map(Layout::prefix)
                .filter(prefix -> !prefix.isEmpty())
                .findFirst()
                .orElse("\0");
    }

    private static List<Layout> layouts(Reader options) {
        String names = options.text("layout");
        String prefix = options.text("prefix");
        List<Layout> layouts = new ArrayList<>();
        for (String name : (names == null ? "go-micro" : names).split(",", -1)) {
            int colon = name.indexOf(':');
            layouts.add(
                    colon < 0
                            ? Layouts.of(name.strip(), prefix)
                            : Layouts.of(
                                    name.substring(0, colon).strip(),
                                    name.substring(colon + 1).strip()));
        }
        if (prefix != null && layouts.size() > 1) {
            throw new ConfigurationException(
                    "prefix: " + Text.quote(prefix) + " with " + layouts.size()
                            + " layouts (expected: one layout, since two must not share a prefix; NAME:PREFIX sets one of them)");
        }
        Layouts.checkDisjoint(layouts);
        return layouts;
    }

    /** Reads options by name and type. */
    private record Reader(Map<String, String> options) {
        @Nullable
        String text(String name) {
            return options.get(name);
        }

        @Nullable
        Path path(String name) {
            String text = options.get(name);
            try {
                return text == null ? null : Path.of(text);
            } catch (InvalidPathException e) {
                throw new ConfigurationException(name + ": " + Text.quote(text) + " (expected: a file's path)", e);
            }
        }

        @Nullable
        String host(String name) {
            String text = options.get(name);
            if (text != null && !HOST.matcher(text).matches()) {
                throw new ConfigurationException(name + ": " + Text.quote(text) + " (expected: a host name or an IP)");
            }
            return text;
        }

        boolean bool(String name) {
            String text = options.getOrDefault(name, "false");
            if (!text.equals("true") && !text.equals("false")) {
                throw new ConfigurationException(name + ": " + Text.quote(text) + " (expected: true or false)");
            }
            return text.equals("true");
        }

        Duration duration(String name, Duration byDefault, Duration least) {
            String text = options.get(name);
            return text == null ? byDefault : DurationText.parse(name, text, least);
        }

        int number(String name, int byDefault, int most) {
            String text = options.getOrDefault(name, Integer.toString(byDefault));
            boolean digits =
                    text.length() < 10 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
            int number = digits ? Integer.parseInt(text) : 0;
            if (number < 1 || number > most) {
                throw new ConfigurationException(name + ": " + Text.quote(text) + " (expected: 1 to " + most + ")");
            }
            return number;
        }
    }
}
