package dev.rollcall.mucp;

import dev.rollcall.Address;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A server that does what a test says with each connection. */
final class ScriptedServer implements Closeable {
    /** What to do with the nth connection, counted from 0. */
    interface Script {
        void run(ScriptedServer server, int nth, RawSocket peer) throws IOException, InterruptedException;
    }

    final BlockingQueue<RawSocket.Message> received = new LinkedBlockingQueue<>();
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    ScriptedServer(Script script) throws IOException {
        Thread accepting = new Thread(() -> {
            try {
                for (int nth = 0; ; nth++) {
                    serve(script, nth, listening.accept());
                }
            } catch (IOException closed) {
                // the test is over
            }
        });
        accepting.setDaemon(true);
        accepting.start();
    }

    private void serve(Script script, int nth, Socket socket) {
        Thread serving = new Thread(() -> {
            try (RawSocket peer = new RawSocket(socket)) {
                script.run(this, nth, peer);
            } catch (IOException | InterruptedException gone) {
                Thread.currentThread().interrupt();
            }
        });
        serving.setDaemon(true);
        serving.start();
    }

    /** The next request, remembered for the test. */
    RawSocket.Message read(RawSocket peer) throws IOException {
        RawSocket.Message message = peer.read();
        received.add(message);
        return message;
    }

    Address address() {
        return new Address("127.0.0.1", listening.getLocalPort());
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
