package dev.rollcall.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.rollcall.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {
    @ParameterizedTest
    @CsvSource({
        "60, PT60S",
        "0, PT0S",
        "1.5, PT1.5S",
        "500ms, PT0.5S",
        "30s, PT30S",
        "1m, PT1M",
        "1h30m, PT1H30M",
        "1m30s, PT1M30S",
        "1.5h, PT1H30M",
        "2us, PT0.000002S",
        "2µs, PT0.000002S",
        "7ns, PT0.000000007S",
        "-5s, PT-5S",
    })
    void durations_are_read_as_go_writes_them_and_plain_numbers_are_seconds(String text, Duration expected) {
        assertThat(DurationText.parse("ttl", text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "soon", "30 s", "30sec", "1m-30s", "PT30S", "--5s", "+5s", "1e3", "٣s", "5s\n"})
    void anything_else_is_refused_with_what_was_got_and_expected(String text) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DurationText.parse("ttl", text))
                .withMessage("ttl: \"" + text.replace("\n", "\\u000a")
                        + "\" (expected: a duration such as 30s, 500ms or 1m30s)");
    }

    @Test
    void a_duration_too_long_for_a_clock_is_refused() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DurationText.parse("ttl", "9999999999h"))
                .withMessage("ttl: \"9999999999h\" (expected: at most 292 years)");
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "-1m, -1m", "1999ms, 1s999ms"})
    void less_than_the_least_is_refused(String text, String shown) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> DurationText.parse("ttl", text, Duration.ofSeconds(2)))
                .withMessage("ttl: " + shown + " (expected: >= 2s)");
        assertThat(DurationText.parse("ttl", "2", Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "500ms", "30s", "1m", "1m30s", "1h30m", "25h", "1s1ms1us1ns", "-5s", "90ns"})
    void what_is_written_reads_back(String text) {
        assertThat(DurationText.format(DurationText.parse("ttl", text))).isEqualTo(text);
    }
}
