package dev.rollcall.testing;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/** The two ways to end a socket. */
final class Sockets {
    private Sockets() {}

    /** Closes with RST: the other side sees a broken connection. */
    static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException closedAlready) {
            return;
        }
        close(socket);
    }

    static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException gone) {
            // That is what was wanted.
        }
    }
}
