package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.ConfigurationException;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.spi.Secret;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtcdSettingsTest {
    private static EtcdSettings read(List<String> addresses, Map<String, String> options) {
        return EtcdSettings.of(new RegistrySettings("etcd", addresses, options, null, null));
    }

    private static EtcdSettings read(String option, String value) {
        return read(List.of("127.0.0.1:2379"), Map.of(option, value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "layout    | nonsense | layout: \"nonsense\"",
                "layout    | ''       | layout: \"\"",
                "prefix    | ''       | prefix: \"\"",
                "ttl       | 0s       | ttl: 0s (expected: >= 2s)",
                "ttl       | -5s      | ttl: -5s (expected: >= 2s)",
                "ttl       | 1s       | ttl: 1s (expected: >= 2s)",
                "ttl       | soon     | ttl: \"soon\" (expected: a duration such as 30s, 500ms or 1m30s)",
                "timeout   | 99ms     | timeout: 99ms (expected: >= 100ms)",
                "timeout   | x        | timeout: \"x\" (expected: a duration such as 30s, 500ms or 1m30s)",
                "retry-cap | 0s       | retry-cap: 0s (expected: >= 100ms)",
                "hold      | -1s      | hold: -1s (expected: >= 0s)",
                "fail-fast | yes      | fail-fast: \"yes\" (expected: true or false)",
                "tls       | 1        | tls: \"1\" (expected: true or false)",
                "hidden    | ''       | hidden: \"\" (expected: true or false)",
                "page-size | 0        | page-size: \"0\" (expected: 1 to 100000)",
                "page-size | 100001   | page-size: \"100001\" (expected: 1 to 100000)",
                "page-size | many     | page-size: \"many\" (expected: 1 to 100000)",
                "cert      | a.pem    | cert, key: only one is given (expected: both or none)",
                "key       | a.pem    | cert, key: only one is given (expected: both or none)",
                "authority | a b      | authority: \"a b\" (expected: a host name or an IP)",
                "authority | a@b      | authority: \"a@b\" (expected: a host name or an IP)",
            })
    void a_bad_value_is_named_with_what_was_expected(String option, String value, String message) {
        assertThatThrownBy(() -> read(option, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void a_file_name_that_cannot_be_one_is_named() {
        assertThatThrownBy(() -> read("ca", "a\0b"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("ca: \"a\\u0000b\" (expected: a file's path)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "h:0             | etcd address: port \"0\" in \"h:0\" (expected: 1 to 65535)",
                "h:70000         | etcd address: port \"70000\" in \"h:70000\" (expected: 1 to 65535)",
                "h:x             | etcd address: port \"x\" in \"h:x\" (expected: 1 to 65535)",
                "h:              | etcd address: port \"\" in \"h:\" (expected: 1 to 65535)",
                ":2379           | etcd address: \":2379\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
                "a b:2379        | etcd address: \"a b:2379\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
                "ftp://h         | etcd address: \"ftp://h\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
                "a:b:1           | etcd address: port \"b:1\" in \"a:b:1\" (expected: 1 to 65535)",
                "https://h:1/v3  | etcd address:",
                "u@h             | etcd address: \"u@h\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
                "[::1            | etcd address: \"[::1\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
                "[::1]x:1        | etcd address: \"[::1]x:1\" (expected: HOST, HOST:PORT, [IPV6]:PORT",
            })
    void a_bad_address_is_named_with_what_was_expected(String address, String message) {
        assertThatThrownBy(() -> read(List.of("127.0.0.1:2379", address), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @CsvSource({
        "h, h:2379, false",
        "h:1, h:1, false",
        "my_etcd:1, my_etcd:1, false",
        "10.0.0.1, 10.0.0.1:2379, false",
        "::1, [::1]:2379, false",
        "[::1], [::1]:2379, false",
        "[::1]:1, [::1]:1, false",
        "[fe80::1%eth0]:1, [fe80::1%eth0]:1, false",
        "http://h:1/, h:1, false",
        "https://h, h:2379, true",
        "https://[::1]:1/, [::1]:1, true",
    })
    void addresses_are_read_as_go_micro_writes_them(String address, String shown, boolean tls) {
        assertThat(read(List.of(address), Map.of()).client().servers())
                .singleElement()
                .satisfies(server -> {
                    assertThat(server).hasToString(shown);
                    assertThat(server.tls()).isEqualTo(tls);
                });
    }

    @Test
    void one_open_door_among_locked_ones_is_refused() {
        assertThatThrownBy(() -> read(List.of("https://a", "http://b"), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("etcd addresses: some with TLS and some without (expected: all https:// or all http://)");
        assertThatThrownBy(() -> read(List.of("https://a", "b"), Map.of())).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> read(List.of("http://a", "b"), Map.of("tls", "true")))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void nothing_of_tls_is_ignored_silently() {
        for (Map<String, String> options :
                List.of(Map.of("tls", "true"), Map.of("ca", "a.pem"), Map.of("authority", "a"))) {
            assertThatThrownBy(() -> read(List.of("http://a"), options))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("tls, ca, cert, key, authority: given for http:// addresses"
                            + " (expected: https:// addresses, or none of these)");
            assertThat(read(List.of("a"), options).client().servers()).allMatch(server -> server.tls());
        }
    }

    @Test
    void two_layouts_do_not_share_a_prefix() {
        assertThatThrownBy(() ->
                        read(List.of("h"), new HashMap<>(Map.of("layout", "go-micro,go-micro-v5", "prefix", "/mine"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("prefix: \"/mine\" with 2 layouts"
                        + " (expected: one layout, since two must not share a prefix; NAME:PREFIX sets one of them)");
    }

    @Test
    void what_is_not_given_has_its_default() {
        EtcdSettings settings = read(List.of(), Map.of());
        assertThat(settings.client().servers()).singleElement().hasToString("127.0.0.1:2379");
        assertThat(settings.client().timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.client().retryCap()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.ttl()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.failFast()).isFalse();
        assertThat(read("ttl", "4s").client().retryCap()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void an_operator_is_told_of_root_and_of_another_authority() {
        EtcdSettings settings = EtcdSettings.of(new RegistrySettings(
                "etcd", List.of("https://h"), Map.of("authority", "other"), "root", Secret.of("hush")));
        assertThat(settings.cautions())
                .containsExactly(
                        "the etcd user root may do everything (expected: a user with the rights it needs,"
                                + " see docs/security.md)",
                        "etcd's certificate is checked for the name other, not for the addresses (option authority)");
        assertThat(read("ttl", "5s").cautions()).isEmpty();
        assertThat(settings.toString()).doesNotContain("hush");
    }
}
