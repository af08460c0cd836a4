package dev.rollcall.etcd.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Very many clients that say nothing, to a server in a process of its own with little memory. */
class IdleConnectionsTest {
    private static final int IDLE = 10_000;
    private static final int MOST_MEGABYTES = 128;

    /** Its complaint about several logback-test.xml would stand among what a program prints. */
    static final String SILENT_LOGBACK = "-Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener";

    /** What a gRPC client says first: HTTP/2's preface and empty settings. */
    private static final byte[] HELLO = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(US_ASCII);

    @Test
    void ten_thousand_idle_connections_take_little_memory_and_leave_room_for_others() throws Exception {
        long files =
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getMaxFileDescriptorCount();
        assumeThat(files).as("files that a process may open, ulimit -Hn").isGreaterThan(IDLE + 1_000);
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + MOST_MEGABYTES + "m",
                        SILENT_LOGBACK,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Server.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<Socket> idle = new ArrayList<>();
        try (BufferedReader out = server.inputReader();
                PrintStream in = new PrintStream(server.getOutputStream(), true, US_ASCII)) {
            String endpoint = out.readLine();
            int port = Integer.parseInt(endpoint.substring(endpoint.indexOf(':') + 1));
            for (int i = 0; i < IDLE; i++) {
                idle.add(connect(port, i % 2 == 0));
            }
            for (int i = 0; i < IDLE; i += 2) {
                assertThat(idle.get(i).getInputStream().read()).isNotNegative();
            }
            try (Peer peer = Peer.at(endpoint);
                    WatchLog watch = WatchLog.open(peer)) {
                watch.create("k", 1);
                peer.put("k", "v");
                assertThat(watch.awaitEvents(1)).hasSize(1);
            }
            in.println("memory");
            assertThat(Long.parseLong(out.readLine()) >> 20)
                    .as("MiB of heap in use")
                    .isLessThan(MOST_MEGABYTES);
        } finally {
            server.destroyForcibly();
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    private static Socket connect(int port, boolean hello) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        socket.setSoLinger(true, 0); // leaves no port in TIME_WAIT
        if (hello) {
            socket.getOutputStream().write(HELLO);
        }
        return socket;
    }

    /** Prints where it listens, then for each line it reads how much memory is in use. */
    static final class Server {
        private Server() {}

        public static void main(String[] arguments) throws IOException {
            try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
                    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, US_ASCII))) {
                System.out.println(etcd.endpoint());
                while (in.readLine() != null) {
                    System.gc();
                    Runtime runtime = Runtime.getRuntime();
                    System.out.println(runtime.totalMemory() - runtime.freeMemory());
                }
            }
        }
    }
}
