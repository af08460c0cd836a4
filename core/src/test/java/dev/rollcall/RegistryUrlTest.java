package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryUrlTest {
    private static final String EXPECTED = " (expected: SCHEME://[USER@]ADDRESS,...[?OPTION=VALUE&...])";

    @Test
    void a_url_has_a_scheme_a_login_addresses_and_options() {
        RegistryUrl url = RegistryUrl.parse(
                "ETCD://al%40ice:p%3Ass%2Fw@h1:2379, h2,[::1]:2379,/?layout=go-micro&ttl=30s&a%20b=%26+");

        assertThat(url.scheme()).isEqualTo("etcd");
        assertThat(url.addresses()).containsExactly("h1:2379", "h2", "[::1]:2379");
        assertThat(url.user()).isEqualTo("al@ice");
        assertThat(Objects.requireNonNull(url.password()).reveal()).isEqualTo("p:ss/w");
        assertThat(url.options()).isEqualTo(Map.of("layout", "go-micro", "ttl", "30s", "a b", "&+"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory:", "memory://", "memory:///", "memory:?", "memory://?&"})
    void all_but_the_scheme_may_be_missing(String text) {
        RegistryUrl url = RegistryUrl.parse(text);

        assertThat(url.scheme()).isEqualTo("memory");
        assertThat(url.addresses()).isEqualTo(List.of());
        assertThat(url.user()).isNull();
        assertThat(url.password()).isNull();
        assertThat(url.options()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "://h:1 | has no scheme",
                "h1:2379 | has no // after its scheme",
                "1etcd://h | has no scheme",
                "etcd:h:1 | has no // after its scheme",
                "etcd://h:1/path | has a path or a fragment",
                "etcd://h:1#top | has a path or a fragment",
            })
    void a_url_that_is_none_is_shown_with_what_is_wrong(String text, String problem) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> RegistryUrl.parse(text))
                .withMessage("registry: \"" + text + "\" " + problem + EXPECTED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "etcd://alice:CANARY/1@h:1 | etcd://******@h:1",
                "etcd://alice:CANARY%zz@h:1?a=b | etcd://******@h:1?...",
                "etcd://alice:%ff@h:1 | etcd://******@h:1",
                "etcd://alice:CANARY#1@h:1 | etcd://******@h:1",
                "etcd:alice:CANARY@h:1 | ******@h:1",
                "etcd:/alice:CANARY@h:1 | ******@h:1",
                "etcd://alice:CAN?ARY/CANARY@h:1 | etcd://******@h:1",
                "etcd://h/p?secret=CANARY | etcd://h/p?...",
            })
    void no_message_shows_what_may_be_a_password(String text, String shown) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> RegistryUrl.parse(text))
                .withMessageStartingWith("registry: \"" + shown + "\" ")
                .withMessageNotContaining("CAN");
    }

    @Test
    void a_password_with_a_question_mark_in_it_is_never_taken_for_an_option() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> RegistryUrl.parse("etcd://alice:CAN?ARY@h:1"))
                .withMessage("registry: \"etcd://******@h:1\" has an @ behind a ? (write %40 in an option, %3F in a"
                        + " password)" + EXPECTED);
    }

    @Test
    void an_option_has_one_value() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> RegistryUrl.parse("etcd://h?ttl"))
                .withMessage("option \"ttl\": no value (expected: NAME=VALUE)");
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> RegistryUrl.parse("etcd://h?ttl=1&ttl=2"))
                .withMessage("option \"ttl\": given twice (expected: once)");
    }

    @Test
    void no_text_shows_the_password() {
        assertThat(RegistryUrl.parse("etcd://alice:CANARY@h:1").toString()).doesNotContain("CANARY");
    }
}
