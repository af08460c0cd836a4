package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdvertisedTest {
    private static String advertised(String host, String own) {
        List<InetAddress> addresses = Stream.of(own.split(" "))
                .filter(each -> !each.isEmpty())
                .map(AdvertisedTest::address)
                .toList();
        return Advertised.address(new Address(host, 8080), () -> addresses).toString();
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException notAnAddress) {
            throw new AssertionError(notAnAddress);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1 192.168.3.4 10.1.2.3, 192.168.3.4:8080",
        "127.0.0.1 8.8.8.8 10.1.2.3, 10.1.2.3:8080",
        "8.8.8.8 172.16.0.1, 172.16.0.1:8080",
        "172.31.255.255, 172.31.255.255:8080",
        "172.32.0.1 10.0.0.1, 10.0.0.1:8080",
        "8.8.8.8 fd00::7, [fd00:0:0:0:0:0:0:7]:8080",
        "8.8.8.8 fc00::7, [fc00:0:0:0:0:0:0:7]:8080",
        "2001:db8::1 8.8.8.8, [2001:db8:0:0:0:0:0:1]:8080",
        "127.0.0.1 169.254.1.1 fe80::1 100.64.0.1, 100.64.0.1:8080",
        "127.0.0.1 ::1 169.254.1.1 fe80::1, 127.0.0.1:8080",
        "'', 127.0.0.1:8080",
    })
    void the_first_private_address_is_taken_else_a_public_one_else_loopback(String own, String expected) {
        assertThat(advertised("0.0.0.0", own)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::0", "0", "::ffff:0.0.0.0"})
    void everything_that_means_everywhere_is_replaced(String host) {
        assertThat(advertised(host, "10.0.0.1")).isEqualTo("10.0.0.1:8080");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.9",
                "127.0.0.1",
                "localhost",
                "::1",
                "fe80::1%eth9",
                "0.0.0.0.example",
                "1.2.3.4.5",
                "a::b::c"
            })
    void everything_else_stays(String host) {
        Address given = new Address(host, 8080);

        assertThat(Advertised.address(given, List::of)).isSameAs(given);
    }

    @Test
    void this_machine_has_a_loopback_address() {
        assertThat(Advertised.ofThisMachine()).anyMatch(InetAddress::isLoopbackAddress);
    }
}
