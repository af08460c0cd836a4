package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.7:8080, 10.0.0.7, 8080",
        "say.example.org:1, say.example.org, 1",
        "[::1]:65535, ::1, 65535",
        "[fe80::1%eth0]:9000, fe80::1%eth0, 9000"
    })
    void what_is_written_is_read_back(String text, String host, int port) {
        Address address = new Address(host, port);
        assertThat(address).hasToString(text);
        assertThat(Address.parse(text)).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.7", "", "say", "[::1]", "::1", "fe80::1:9000", "[::1"})
    void an_address_needs_a_port(String text) {
        assertThatThrownBy(() -> Address.parse(text))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("address: \"" + text + "\" has no port (expected: HOST:PORT, or [IPV6]:PORT)");
    }

    @ParameterizedTest
    @CsvSource({
        "'', h:",
        "http, h:http",
        "-1, h:-1",
        "+80, h:+80",
        "8 0, h:8 0",
        "1234567890, h:1234567890",
        "\u0668, h:\u0668"
    })
    void a_port_is_a_number(String port, String text) {
        assertThatThrownBy(() -> Address.parse(text))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("address: port \"" + port + "\" in \"" + text + "\" (expected: 1 to 65535)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 70_000, 65_536, -1})
    void a_port_is_in_range(int port) {
        assertThatThrownBy(() -> new Address("10.0.0.7", port))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("address: port " + port + " of host \"10.0.0.7\" (expected: 1 to 65535)");
    }

    @Test
    void ports_out_of_range_are_refused_in_text_too() {
        assertThatThrownBy(() -> Address.parse("10.0.0.7:70000"))
                .hasMessage("address: port 70000 of host \"10.0.0.7\" (expected: 1 to 65535)");
        assertThatThrownBy(() -> Address.parse("10.0.0.7:0"))
                .hasMessage("address: port 0 of host \"10.0.0.7\" (expected: 1 to 65535)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "[::1]", "a\nb", "a\u0000", "a\u0085b", "\"a\"", "a?b", "a#b"})
    void a_host_is_a_name_or_an_ip(String host) {
        assertThatThrownBy(() -> new Address(host, 80))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("address: host " + Text.quote(host) + " (expected: a host name or an IP)");
    }

    @Test
    void a_host_has_an_end() {
        assertThat(new Address("h".repeat(255), 80).host()).hasSize(255);
        assertThatThrownBy(() -> new Address("h".repeat(256), 80)).isInstanceOf(InvalidInstanceException.class);
    }
}
