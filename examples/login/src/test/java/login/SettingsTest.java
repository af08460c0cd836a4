package login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void there_is_no_password_that_everybody_knows() {
        assertThatThrownBy(() -> Settings.of(Map.of())).hasMessageStartingWith("LOGIN_PASSWORD: not set");
    }

    @Test
    void without_a_key_each_process_has_its_own() {
        Map<String, String> environment = Map.of("LOGIN_PASSWORD", "secret");

        assertThat(Settings.of(environment).key())
                .hasSize(32)
                .isNotEqualTo(Settings.of(environment).key());
    }

    @Test
    void a_key_that_is_weak_or_no_base64_is_refused_and_not_shown() {
        assertThatThrownBy(() -> Settings.of(Map.of("LOGIN_PASSWORD", "secret", "LOGIN_KEY", "c2hvcnQ=")))
                .hasMessage("LOGIN_KEY: 5 bytes (expected: at least 32)");
        assertThatThrownBy(() -> Settings.of(Map.of("LOGIN_PASSWORD", "secret", "LOGIN_KEY", "!")))
                .hasMessage("LOGIN_KEY: not base64 (expected: base64 of 32 random bytes)");
    }

    @Test
    void secrets_are_not_shown() {
        assertThat(Settings.of(Map.of("LOGIN_PASSWORD", "secret"))).hasToString("Settings[]");
    }
}
