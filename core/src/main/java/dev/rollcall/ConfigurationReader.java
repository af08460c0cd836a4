package dev.rollcall;

import static dev.rollcall.Configuration.Source.CODE;
import static dev.rollcall.Configuration.Source.DEFAULT;
import static dev.rollcall.Configuration.Source.FLAG;
import static dev.rollcall.Configuration.Source.VARIABLE;

import dev.rollcall.Configuration.Setting;
import dev.rollcall.Configuration.Source;
import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.spi.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Puts the layers of settings on top of each other: code, flags, variables, defaults. Within a layer a setting of its own beats
 * the same part of the layer's URL; a URL decides the addresses even when it has none.
 */
final class ConfigurationReader {
    private static final String REGISTRY = "registry";
    private static final String ADDRESS = "registry_address";
    private static final String USER = "user";
    private static final String PASSWORD = "password";
    private static final String TTL = "ttl";
    private static final Pattern SECRET = Pattern.compile("(?i)password|token|secret");
    private static final String DEFAULT_REGISTRY = "etcd";
    private static final String DEFAULT_ADDRESS = "127.0.0.1:2379";

    private final List<RegistryProvider> providers;
    private final Map<String, Setting> places = new LinkedHashMap<>();
    private final Map<String, Setting> options = new TreeMap<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable Secret secret;

    ConfigurationReader(List<RegistryProvider> providers) {
        this.providers = providers;
    }

    /** One layer's say; null where it says nothing. */
    private record Layer(
            Source source,
            @Nullable Setting registry,
            @Nullable Setting addresses,
            @Nullable Setting user,
            @Nullable Setting password,
            @Nullable Secret secret,
            List<Setting> options) {}

    Configuration read(
            @Nullable String registry,
            @Nullable String addresses,
            @Nullable String user,
            @Nullable Secret password,
            Map<String, String> code,
            Map<String, String> flags,
            Map<String, String> environment) {
        Layer[] layers = {
            new Layer(
                    CODE,
                    code(REGISTRY, registry),
                    code(ADDRESS, addresses),
                    code(USER, user),
                    password == null ? null : new Setting(PASSWORD, password.toString(), CODE, "code"),
                    password,
                    code.entrySet().stream()
                            .map(option -> new Setting(option.getKey(), option.getValue(), CODE, "code"))
                            .toList()),
            flags(flags),
            variables(environment),
            new Layer(DEFAULT, byDefault(REGISTRY, DEFAULT_REGISTRY), null, null, null, null, List.of())
        };
        Setting place = Stream.of(layers)
                .map(Layer::registry)
                .flatMap(Stream::ofNullable)
                .findFirst()
                .orElseThrow();
        boolean url = RegistryUrl.isUrl(place.value());
        RegistryUrl parsed = url
                ? RegistryUrl.parse(place.value())
                : new RegistryUrl(place.value().toLowerCase(Locale.ROOT), List.of(), null, null, Map.of());
        if (parsed.password() != null && place.source() == FLAG) {
            throw new ConfigurationException(
                    "--registry: has a password, which everybody on the machine can see (expected: ETCD_PASSWORD)");
        }
        RegistryProvider provider = provider(parsed.scheme());
        places.put(REGISTRY, new Setting(REGISTRY, parsed.scheme(), place.source(), place.origin()));
        for (Layer layer : layers) {
            fill(layer, parsed.scheme());
            if (layer.source() == place.source()) {
                fill(fromUrl(parsed, url, place), parsed.scheme());
            }
        }
        return finish(provider, parsed.scheme());
    }

    private static @Nullable Setting code(String name, @Nullable String value) {
        return value == null ? null : new Setting(name, value, CODE, "code");
    }

    private static Setting byDefault(String name, String value) {
        return new Setting(name, value, DEFAULT, "default");
    }

    private Layer flags(Map<String, String> flags) {
        List<Setting> given = new ArrayList<>();
        new TreeMap<>(flags).forEach((name, value) -> {
            switch (name) {
                case REGISTRY, ADDRESS -> {}
                case PASSWORD ->
                    throw new ConfigurationException(
                            "--password: everybody on the machine can see it (expected: ETCD_PASSWORD)");
                case "register_ttl" -> given.add(new Setting(TTL, value, FLAG, "--register_ttl"));
                case "register_interval" -> unusedInterval("--register_interval", value);
                default -> given.add(new Setting(name, value, FLAG, "--" + name));
            }
        });
        // --ttl is the nearer word for the same thing, so it comes first.
        given.sort((a, b) ->
                Boolean.compare(a.origin().equals("--register_ttl"), b.origin().equals("--register_ttl")));
        return new Layer(FLAG, flag(flags, REGISTRY), flag(flags, ADDRESS), null, null, null, given);
    }

    private static @Nullable Setting flag(Map<String, String> flags, String name) {
        String value = flags.get(name);
        return value == null ? null : new Setting(name, value, FLAG, "--" + name);
    }

    private Layer variables(Map<String, String> environment) {
        Setting ttl = variable(environment, TTL, "MICRO_REGISTER_TTL");
        Setting interval = variable(environment, "register_interval", "MICRO_REGISTER_INTERVAL");
        if (interval != null) {
            unusedInterval(interval.origin(), interval.value());
        }
        Setting password = variable(environment, PASSWORD, "ETCD_PASSWORD");
        Secret hidden = password == null ? null : Secret.of(password.value());
        return new Layer(
                VARIABLE,
                variable(environment, REGISTRY, "MICRO_REGISTRY"),
                variable(environment, ADDRESS, "MICRO_REGISTRY_ADDRESS"),
                variable(environment, USER, "ETCD_USERNAME"),
                hidden == null ? null : new Setting(PASSWORD, hidden.toString(), VARIABLE, "ETCD_PASSWORD"),
                hidden,
                ttl == null ? List.of() : List.of(ttl));
    }

    private static @Nullable Setting variable(Map<String, String> environment, String name, String variable) {
        String value = environment.get(variable);
        return value == null || value.isEmpty() ? null : new Setting(name, value, VARIABLE, variable);
    }

    private void unusedInterval(String origin, String value) {
        notes.add(origin + ": " + Text.plain(value) + " is not used (keepalives run every third of the TTL)");
    }

    private static Layer fromUrl(RegistryUrl url, boolean whole, Setting place) {
        Secret password = url.password();
        return new Layer(
                place.source(),
                null,
                whole ? part(place, ADDRESS, String.join(",", url.addresses())) : null,
                url.user() == null ? null : part(place, USER, url.user()),
                password == null ? null : part(place, PASSWORD, password.toString()),
                password,
                url.options().entrySet().stream()
                        .map(option -> part(place, option.getKey(), option.getValue()))
                        .toList());
    }

    private static Setting part(Setting place, String name, String value) {
        return new Setting(name, value, place.source(), place.origin());
    }

    private void fill(Layer layer, String scheme) {
        if (layer.addresses() != null) {
            places.putIfAbsent(ADDRESS, layer.addresses());
        }
        layer.options().forEach(option -> options.putIfAbsent(option.name(), option));
        if (layer.source() == VARIABLE && !scheme.startsWith("etcd")) {
            return; // ETCD_USERNAME is meant for etcd alone
        }
        if (layer.user() != null) {
            places.putIfAbsent(USER, layer.user());
        }
        if (layer.password() != null && places.putIfAbsent(PASSWORD, layer.password()) == null) {
            secret = layer.secret();
        }
    }

    private RegistryProvider provider(String scheme) {
        return providers.stream()
                .filter(provider -> provider.schemes().contains(scheme))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException("registry: " + Text.quote(scheme)
                        + " is unknown (expected: " + schemes() + ", or another whose module is on the class path)"));
    }

    private String schemes() {
        return providers.stream()
                .flatMap(provider -> provider.schemes().stream())
                .sorted()
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private Configuration finish(RegistryProvider provider, String scheme) {
        List<String> addresses = addresses(scheme);
        checkLogin();
        Map<String, String> chosen = new TreeMap<>();
        List<Setting> settings = new ArrayList<>(places.values());
        for (RegistryProvider.Option option : known(provider)) {
            Setting given = options.remove(option.name());
            if (given != null && !Configuration.COMMON.contains(option)) {
                chosen.put(given.name(), given.value());
            }
            settings.add(given == null ? byDefault(option.name(), option.byDefault()) : masked(given));
        }
        options.values().forEach(unknown -> refuse(unknown, provider, scheme));
        Setting user = places.get(USER);
        String name = user == null ? null : user.value();
        return new Configuration(
                provider, new RegistrySettings(scheme, addresses, chosen, name, secret), settings, notes);
    }

    private List<String> addresses(String scheme) {
        Setting given = places.get(ADDRESS);
        List<String> addresses = given == null ? List.of() : RegistryUrl.addresses(given.value());
        if (addresses.stream().anyMatch(address -> address.indexOf('@') >= 0)) {
            throw new ConfigurationException(
                    "registry_address: has a user or a password (expected: HOST, HOST:PORT or https://HOST:PORT)");
        }
        if (addresses.isEmpty() && scheme.equals(DEFAULT_REGISTRY)) {
            addresses = List.of(DEFAULT_ADDRESS);
            given = null;
        }
        String shown = String.join(",", addresses);
        places.put(ADDRESS, given == null ? byDefault(ADDRESS, shown) : part(given, ADDRESS, shown));
        return addresses;
    }

    /** User and password count together; a lonely variable has no effect, as in go-micro, a lonely one elsewhere is a mistake. */
    private void checkLogin() {
        Setting user = places.get(USER);
        Setting password = places.get(PASSWORD);
        if ((user == null) == (password == null)) {
            return;
        }
        Setting lonely = user == null ? Objects.requireNonNull(password) : user;
        String missing = user == null ? "user" : "password";
        if (lonely.source() != VARIABLE) {
            throw new ConfigurationException(
                    lonely.name() + ": given without a " + missing + " (expected: both, or neither)");
        }
        notes.add(lonely.origin() + ": not used (there is no " + missing + ")");
        places.remove(lonely.name());
        secret = null;
    }

    private void refuse(Setting unknown, RegistryProvider provider, String scheme) {
        if (unknown.source() == VARIABLE) {
            notes.add(unknown.origin() + ": not used (" + scheme + " has no option " + unknown.name() + ")");
            return;
        }
        String names = known(provider).stream()
                .map(RegistryProvider.Option::name)
                .sorted()
                .collect(Collectors.joining(", "));
        throw new ConfigurationException(
                "option " + Text.quote(unknown.name()) + ": unknown to " + scheme + " (expected: " + names + ")");
    }

    private static List<RegistryProvider.Option> known(RegistryProvider provider) {
        return Stream.concat(provider.options().stream(), Configuration.COMMON.stream())
                .toList();
    }

    private static Setting masked(Setting given) {
        return SECRET.matcher(given.name()).find()
                ? part(given, given.name(), Secret.of(given.value()).toString())
                : given;
    }
}
