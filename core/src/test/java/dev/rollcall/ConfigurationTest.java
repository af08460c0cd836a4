package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.rollcall.Configuration.Setting;
import dev.rollcall.Configuration.Source;
import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.spi.Secret;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
    /** Keeps what it was opened with. */
    private static final class Etcd implements RegistryProvider {
        private final AtomicReference<RegistrySettings> opened = new AtomicReference<>();

        @Override
        public Set<String> schemes() {
            return Set.of("etcd", "etcds");
        }

        @Override
        public List<Option> options() {
            return List.of(
                    new Option("layout", "a layout", "how instances are written", "go-micro"),
                    new Option("ttl", "a duration of at least 2s", "how long a lease lives", "30s"),
                    new Option("tls.key-password", "a password", "of the key file", ""));
        }

        @Override
        public Registry open(RegistrySettings settings, EventListener events) {
            opened.set(settings);
            return MemoryRegistry.open("", events);
        }
    }

    private final Etcd etcd = new Etcd();
    private @Nullable String registry;
    private @Nullable String addresses;
    private @Nullable String user;
    private @Nullable Secret password;
    private final Map<String, String> options = new HashMap<>();
    private final Map<String, String> flags = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    private Configuration read() {
        return new ConfigurationReader(List.of(etcd, new MemoryRegistry.Provider()))
                .read(registry, addresses, user, password, options, flags, environment);
    }

    /** What the registry is opened with. */
    private RegistrySettings opened() {
        read().open(EventListener.NONE).close();
        return Objects.requireNonNull(etcd.opened.get());
    }

    private static Setting setting(Configuration configuration, String name) {
        return configuration.settings().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void refused(String message) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(this::read)
                .withMessage(message);
    }

    @Test
    void with_nothing_given_it_is_etcd_on_this_machine() {
        assertThat(read()).hasToString("""
                        registry = etcd (default)
                        registry_address = 127.0.0.1:2379 (default)
                        layout = go-micro (default)
                        ttl = 30s (default)
                        tls.key-password =  (default)
                        shutdown-hook = true (default)
                        wait = 3s (default)""");
        assertThat(opened()).isEqualTo(new RegistrySettings("etcd", List.of("127.0.0.1:2379"), Map.of(), null, null));
        assertThat(read().waitForFirstList()).isEqualTo(Duration.ofSeconds(3));
        assertThat(read().shutdownHook()).isTrue();
    }

    @Test
    void one_url_says_it_all() {
        registry = "etcd://alice:s3cret@h1:2379,h2?layout=go-kit&ttl=10s&wait=500ms&shutdown-hook=false";

        Configuration configuration = read();

        assertThat(configuration).hasToString("""
                        registry = etcd (code)
                        registry_address = h1:2379,h2 (code)
                        user = alice (code)
                        password = ****** (code)
                        layout = go-kit (code)
                        ttl = 10s (code)
                        tls.key-password =  (default)
                        shutdown-hook = false (code)
                        wait = 500ms (code)""");
        assertThat(configuration.shutdownHook()).isFalse();
        assertThat(configuration.waitForFirstList()).isEqualTo(Duration.ofMillis(500));
        RegistrySettings settings = opened();
        assertThat(settings.addresses()).containsExactly("h1:2379", "h2");
        assertThat(settings.options()).isEqualTo(Map.of("layout", "go-kit", "ttl", "10s"));
        assertThat(settings.user()).isEqualTo("alice");
        assertThat(Objects.requireNonNull(settings.password()).reveal()).isEqualTo("s3cret");
        assertThat(settings.toString()).doesNotContain("s3cret");
    }

    @Test
    void code_beats_a_flag_and_a_flag_beats_a_variable() {
        environment.put("MICRO_REGISTRY", "memory");
        environment.put("MICRO_REGISTRY_ADDRESS", "variable:1");
        environment.put("MICRO_REGISTER_TTL", "61");
        assertThat(setting(read(), "registry"))
                .isEqualTo(new Setting("registry", "memory", Source.VARIABLE, "MICRO_REGISTRY"));

        flags.put("registry", "etcd");
        assertThat(setting(read(), "registry")).isEqualTo(new Setting("registry", "etcd", Source.FLAG, "--registry"));
        assertThat(setting(read(), "registry_address").origin()).isEqualTo("MICRO_REGISTRY_ADDRESS");
        assertThat(setting(read(), "ttl")).isEqualTo(new Setting("ttl", "61", Source.VARIABLE, "MICRO_REGISTER_TTL"));

        flags.put("registry_address", "flag:1, flag:2");
        flags.put("register_ttl", "1m2s");
        assertThat(setting(read(), "registry_address"))
                .isEqualTo(new Setting("registry_address", "flag:1,flag:2", Source.FLAG, "--registry_address"));
        assertThat(setting(read(), "ttl")).isEqualTo(new Setting("ttl", "1m2s", Source.FLAG, "--register_ttl"));

        flags.put("ttl", "63");
        assertThat(setting(read(), "ttl")).isEqualTo(new Setting("ttl", "63", Source.FLAG, "--ttl"));

        registry = "etcds://code:1?ttl=64";
        assertThat(setting(read(), "registry")).isEqualTo(new Setting("registry", "etcds", Source.CODE, "code"));
        assertThat(setting(read(), "registry_address").value()).isEqualTo("code:1");
        assertThat(setting(read(), "ttl")).isEqualTo(new Setting("ttl", "64", Source.CODE, "code"));

        addresses = "code:2";
        options.put("ttl", "65");
        assertThat(setting(read(), "registry_address").value()).isEqualTo("code:2");
        assertThat(setting(read(), "ttl").value()).isEqualTo("65");
    }

    @Test
    void a_url_in_a_variable_is_as_strong_as_a_variable() {
        environment.put("MICRO_REGISTRY", "etcd://variable:1?ttl=61&layout=v");
        flags.put("registry_address", "flag:1");
        flags.put("ttl", "62");

        assertThat(opened().addresses()).containsExactly("flag:1");
        assertThat(opened().options()).isEqualTo(Map.of("ttl", "62", "layout", "v"));
        assertThat(setting(read(), "layout").origin()).isEqualTo("MICRO_REGISTRY");
    }

    @Test
    void a_url_decides_the_addresses_even_when_it_has_none() {
        environment.put("MICRO_REGISTRY_ADDRESS", "variable:1");
        registry = "memory:";
        assertThat(setting(read(), "registry_address").value()).isEmpty();

        registry = "etcd://";
        assertThat(setting(read(), "registry_address").value()).isEqualTo("127.0.0.1:2379");

        registry = "etcd";
        assertThat(setting(read(), "registry_address").value()).isEqualTo("variable:1");
    }

    @Test
    void addresses_reach_the_registry_as_go_micro_takes_them() {
        environment.put(
                "MICRO_REGISTRY_ADDRESS", "h1, h2:2379,,10.0.0.1,[::1]:2379,::1,https://h3:2379,http://h4:2379 ");

        assertThat(opened().addresses())
                .containsExactly("h1", "h2:2379", "10.0.0.1", "[::1]:2379", "::1", "https://h3:2379", "http://h4:2379");
    }

    @Test
    void an_empty_variable_is_not_set() {
        environment.put("MICRO_REGISTRY", "");
        environment.put("MICRO_REGISTRY_ADDRESS", "");
        environment.put("MICRO_REGISTER_TTL", "");
        environment.put("ETCD_USERNAME", "");

        assertThat(read().settings()).extracting(Setting::source).containsOnly(Source.DEFAULT);
    }

    @Test
    void user_and_password_come_from_variables() {
        environment.put("ETCD_USERNAME", "alice");
        environment.put("ETCD_PASSWORD", "CANARY");

        assertThat(opened().user()).isEqualTo("alice");
        assertThat(Objects.requireNonNull(opened().password()).reveal()).isEqualTo("CANARY");
        assertThat(setting(read(), "user")).isEqualTo(new Setting("user", "alice", Source.VARIABLE, "ETCD_USERNAME"));
        assertThat(setting(read(), "password"))
                .isEqualTo(new Setting("password", "******", Source.VARIABLE, "ETCD_PASSWORD"));
        assertThat(read().toString()).doesNotContain("CANARY");

        registry = "etcd://bob@h1";
        assertThat(opened().user()).isEqualTo("bob");

        password = Secret.of("s3cret");
        user = "carol";
        assertThat(opened().user()).isEqualTo("carol");
        assertThat(Objects.requireNonNull(opened().password()).reveal()).isEqualTo("s3cret");
    }

    @Test
    void a_lonely_user_or_password_variable_has_no_effect_as_in_go_micro() {
        environment.put("ETCD_USERNAME", "alice");
        assertThat(opened().user()).isNull();
        assertThat(read().notes()).containsExactly("ETCD_USERNAME: not used (there is no password)");

        environment.clear();
        environment.put("ETCD_PASSWORD", "CANARY");
        assertThat(opened().password()).isNull();
        assertThat(read().notes()).containsExactly("ETCD_PASSWORD: not used (there is no user)");
    }

    @Test
    void a_lonely_user_or_password_in_code_is_refused() {
        registry = "etcd://alice@h1";
        refused("user: given without a password (expected: both, or neither)");

        registry = "etcd";
        password = Secret.of("CANARY");
        refused("password: given without a user (expected: both, or neither)");
    }

    @Test
    void etcds_variables_are_not_for_other_registries() {
        environment.put("ETCD_USERNAME", "alice");
        environment.put("ETCD_PASSWORD", "CANARY");
        environment.put("MICRO_REGISTER_TTL", "60");
        registry = "memory:";

        Configuration configuration = read();

        assertThat(configuration.settings())
                .extracting(Setting::name)
                .containsExactly("registry", "registry_address", "shutdown-hook", "wait");
        assertThat(configuration.notes()).containsExactly("MICRO_REGISTER_TTL: not used (memory has no option ttl)");
    }

    @Test
    void a_password_on_the_command_line_is_refused() {
        flags.put("registry", "etcd://alice:CANARY@h1");
        refused("--registry: has a password, which everybody on the machine can see (expected: ETCD_PASSWORD)");

        flags.clear();
        flags.put("password", "CANARY");
        refused("--password: everybody on the machine can see it (expected: ETCD_PASSWORD)");
    }

    @Test
    void the_register_interval_is_accepted_and_reported_as_unused() {
        flags.put("register_interval", "15s");
        environment.put("MICRO_REGISTER_INTERVAL", "30");

        assertThat(read().notes())
                .containsExactlyInAnyOrder(
                        "--register_interval: 15s is not used (keepalives run every third of the TTL)",
                        "MICRO_REGISTER_INTERVAL: 30 is not used (keepalives run every third of the TTL)");
    }

    @ParameterizedTest
    @CsvSource({"mdns, mdns", "consul://h:8500, consul", "'', ''", "ETC D, etc d"})
    void an_unknown_registry_is_refused_with_the_known_ones(String given, String shown) {
        registry = given;
        refused("registry: \"" + shown
                + "\" is unknown (expected: etcd, etcds, memory, or another whose module is on the class path)");
    }

    @Test
    void an_unknown_option_is_refused_with_the_known_ones() {
        registry = "etcd://h?tll=30s";
        refused("option \"tll\": unknown to etcd (expected: layout, shutdown-hook, tls.key-password, ttl, wait)");

        registry = "etcd://h";
        flags.put("lay", "x");
        refused("option \"lay\": unknown to etcd (expected: layout, shutdown-hook, tls.key-password, ttl, wait)");

        flags.clear();
        registry = "memory:?ttl=30s";
        refused("option \"ttl\": unknown to memory (expected: shutdown-hook, wait)");
    }

    @Test
    void an_address_with_a_login_is_refused_and_not_shown() {
        flags.put("registry_address", "http://alice:CANARY@h1:2379");
        refused("registry_address: has a user or a password (expected: HOST, HOST:PORT or https://HOST:PORT)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "", "TRUE"})
    void the_shutdown_hook_is_on_or_off(String value) {
        options.put("shutdown-hook", value);
        refused("shutdown-hook: \"" + value + "\" (expected: true or false)");
    }

    @Test
    void the_wait_is_a_duration() {
        options.put("wait", "-1s");
        refused("wait: -1s (expected: >= 0s)");
        options.put("wait", "soon");
        refused("wait: \"soon\" (expected: a duration such as 30s, 500ms or 1m30s)");
    }

    @Test
    void secret_options_are_masked_and_others_cannot_forge_a_line() {
        options.put("tls.key-password", "CANARY");
        options.put("layout", "a\nuser = eve (code)");

        assertThat(read().toString())
                .doesNotContain("CANARY")
                .contains("tls.key-password = ****** (code)")
                .contains("layout = a\\u000auser = eve (code) (code)");
        assertThat(opened().options()).containsEntry("tls.key-password", "CANARY");
    }

    @Test
    void the_builder_reads_flags_and_variables() {
        Configuration configuration = Rollcall.builder()
                .environment(Map.of("MICRO_REGISTRY", "memory", "MICRO_REGISTRY_ADDRESS", "variable"))
                .flags(Map.of("registry_address", "flag", "wait", "7s"))
                .addresses(List.of("code"))
                .option("shutdown-hook", "false")
                .configuration();

        assertThat(configuration).hasToString("""
                        registry = memory (MICRO_REGISTRY)
                        registry_address = code (code)
                        shutdown-hook = false (code)
                        wait = 7s (--wait)""");
    }

    @Test
    void every_scheme_on_the_class_path_is_found() {
        assertThatCode(() -> Rollcall.builder().registry("memory").configuration())
                .doesNotThrowAnyException();
    }
}
