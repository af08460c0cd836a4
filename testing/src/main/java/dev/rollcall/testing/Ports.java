package dev.rollcall.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Free ports on the loopback address. */
public final class Ports {
    /** Below the range from which systems take the local ports of outgoing connections, so that nobody takes one while its owner is dead. */
    private static final int LOWEST = 15_000;

    private static final int HIGHEST = 31_999;

    private Ports() {}

    /** A port nobody listens on, and that no outgoing connection is given by chance. Nothing reserves it. */
    public static int free() {
        return free(1).get(0);
    }

    static List<Integer> free(int count) {
        List<Integer> ports = new ArrayList<>();
        for (int tries = 0; tries < 1_000; tries++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST + 1);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
                if (ports.size() == count) {
                    return ports;
                }
            }
        }
        throw new IllegalStateException("free loopback ports from " + LOWEST + " to " + HIGHEST + ": " + ports.size()
                + " (expected: " + count + ")");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
