package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {
    @Test
    void ordinary_text_stays_as_it_is() {
        assertThat(Text.plain("Grüße, 世界 \ud83d\ude00 \"x\" \\ /")).isEqualTo("Grüße, 世界 \ud83d\ude00 \"x\" \\ /");
        assertThat(Text.quote("")).isEqualTo("\"\"");
        assertThat(Text.quote("a b")).isEqualTo("\"a b\"");
    }

    @Test
    void a_line_cannot_be_forged() {
        assertThat(Text.plain("a\r\nERROR b")).isEqualTo("a\\u000d\\u000aERROR b");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0, 7, 0x1b, 0x7f, 0x85, 0x9b, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202e, 0x2066, 0x2069, 0xd800,
                0xdfff, 0xfeff
            })
    void what_drives_a_terminal_or_turns_the_text_is_written_out(int c) {
        assertThat(Text.plain("a" + (char) c + "b")).isEqualTo(String.format("a\\u%04xb", c));
    }

    @Test
    void long_text_is_cut_between_characters() {
        assertThat(Text.plain("x".repeat(200))).isEqualTo("x".repeat(200));
        assertThat(Text.plain("x".repeat(201))).isEqualTo("x".repeat(200) + "...");
        assertThat(Text.plain("x".repeat(199) + "\ud83d\ude00y")).isEqualTo("x".repeat(199) + "\ud83d\ude00...");
    }
}
