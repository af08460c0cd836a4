package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.InvalidInstanceException;
import java.util.Map;

/**
 * go-micro's {@code Node} as a value says it.
 *
 * @param address since go-micro 1.8 {@code host:port}, before that the host alone
 * @param port what go-micro before 1.8 wrote as the port, safe to show; empty when there is none
 */
record GoMicroNode(String id, String address, String port, Map<String, String> metadata) {
    Address target() throws UnreadableValueException {
        if (address.isEmpty()) {
            throw new UnreadableValueException("address: none (expected: HOST:PORT)");
        }
        try {
            return port.isEmpty() || hasPort() ? Address.parse(address) : new Address(host(), portNumber());
        } catch (InvalidInstanceException e) {
            throw new UnreadableValueException(String.valueOf(e.getMessage()));
        }
    }

    private boolean hasPort() {
        int colon = address.lastIndexOf(':');
        return colon >= 0 && !address.endsWith("]") && (address.startsWith("[") || address.indexOf(':') == colon);
    }

    private String host() {
        return address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
    }

    private int portNumber() throws UnreadableValueException {
        if (!port.matches("[0-9]{1,9}")) {
            throw new UnreadableValueException("port: " + port + " (expected: a number from 1 to 65535)");
        }
        return Integer.parseInt(port);
    }
}
