package dev.rollcall;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Replaces an address that listens everywhere, such as {@code 0.0.0.0}, by one that others can call, as go-micro does: this
 * machine's first private address (10/8, 172.16/12, 192.168/16, fc00::/7), else its first public one, else loopback.
 */
final class Advertised {
    private Advertised() {}

    /** The same address when it names a host. */
    static Address address(Address given, Supplier<List<InetAddress>> own) {
        if (!everywhere(given.host())) {
            return given;
        }
        List<InetAddress> addresses = own.get();
        String host = Stream.<Predicate<InetAddress>>of(Advertised::isPrivate, Advertised::isPublic)
                .flatMap(kind -> addresses.stream().filter(kind))
                .findFirst()
                .map(Advertised::text)
                .orElse("127.0.0.1");
        return new Address(host, given.port());
    }

    /** The addresses of this machine's interfaces that are up, in the order of the interfaces, IPv4 first in each. */
    static List<InetAddress> ofThisMachine() {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(Advertised::isUp)
                    .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
                    .flatMap(each -> each.inetAddresses()
                            .sorted(Comparator.comparing(address -> !(address instanceof Inet4Address))))
                    .toList();
        } catch (SocketException none) {
            return List.of();
        }
    }

    private static boolean everywhere(String host) {
        boolean literal = host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        try {
            return literal && InetAddress.getByName(host).isAnyLocalAddress();
        } catch (UnknownHostException notAnAddress) {
            return false;
        }
    }

    private static boolean isUp(NetworkInterface each) {
        try {
            return each.isUp();
        } catch (SocketException gone) {
            return false;
        }
    }

    private static boolean isPrivate(InetAddress address) {
        return address instanceof Inet4Address
                ? address.isSiteLocalAddress()
                : (address.getAddress()[0] & 0xfe) == 0xfc;
    }

    private static boolean isPublic(InetAddress address) {
        return !address.isLoopbackAddress() && !address.isLinkLocalAddress() && !address.isMulticastAddress();
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }
}
