package dev.rollcall.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.testing.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private final ServerSocket echo = echo();
    private final FaultProxy proxy = FaultProxy.to("127.0.0.1:" + echo.getLocalPort());
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void end() {
        sockets.forEach(Sockets::close);
        proxy.close();
        Sockets.close(echo);
    }

    @Test
    void bytes_go_through_both_ways() throws IOException {
        Socket socket = connect();

        assertThat(exchange(socket, "hello")).isEqualTo("hello");
        assertThat(proxy.accepted()).isEqualTo(1);
        assertThat(proxy.open()).isEqualTo(1);
        assertThat(proxy.forwarded(Direction.TO_TARGET)).isEqualTo(5);

        socket.shutdownOutput();

        assertThat(socket.getInputStream().read()).isEqualTo(-1);
        await().until(() -> proxy.open() == 0);
    }

    @Test
    void a_cut_resets_connections_and_refuses_new_ones_until_healed() throws IOException {
        Socket socket = connect();
        exchange(socket, "hello");

        proxy.cut();

        assertThatThrownBy(() -> exchange(socket, "x")).isInstanceOf(SocketException.class);
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        assertThat(proxy.open()).isZero();

        proxy.heal();

        assertThat(exchange(connect(), "again")).isEqualTo("again");
    }

    @Test
    void a_black_hole_keeps_connections_open_and_silent_and_loses_nothing() throws IOException {
        Socket socket = connect();
        exchange(socket, "hello");
        socket.setSoTimeout(150);

        proxy.blackHole();

        assertThatThrownBy(() -> exchange(socket, "held")).isInstanceOf(SocketTimeoutException.class);
        Socket later = connect();
        later.setSoTimeout(150);
        assertThatThrownBy(() -> exchange(later, "held too")).isInstanceOf(SocketTimeoutException.class);

        proxy.heal();
        socket.setSoTimeout(10_000);
        later.setSoTimeout(10_000);

        assertThat(read(socket, 4)).isEqualTo("held");
        assertThat(read(later, 8)).isEqualTo("held too");
    }

    @Test
    void a_black_hole_in_one_direction_lets_the_other_through() throws IOException {
        Socket socket = connect();
        socket.setSoTimeout(150);

        proxy.blackHole(Direction.TO_CLIENT);

        assertThatThrownBy(() -> exchange(socket, "hello")).isInstanceOf(SocketTimeoutException.class);
        assertThat(proxy.forwarded(Direction.TO_TARGET)).isEqualTo(5);
        assertThat(proxy.forwarded(Direction.TO_CLIENT)).isZero();
    }

    @Test
    void a_black_hole_hides_the_end_of_the_target() throws IOException {
        Socket socket = connect();
        exchange(socket, "hello");
        proxy.blackHole();
        socket.setSoTimeout(150);

        exchangeOnly(socket, "quit!");
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);

        proxy.heal();
        socket.setSoTimeout(10_000);

        assertThat(read(socket, 5)).isEqualTo("quit!");
    }

    @Test
    void a_delay_holds_each_byte_back_without_adding_up() throws IOException {
        Socket socket = connect();
        proxy.delay(Duration.ofMillis(100));

        long start = System.nanoTime();
        for (int i = 0; i < 50; i++) {
            exchangeOnly(socket, "abcd");
        }
        read(socket, 200);

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(200), Duration.ofMillis(4_000));
    }

    @Test
    void a_connection_is_reset_after_so_many_bytes() throws IOException {
        Socket socket = connect();
        proxy.resetAfter(Direction.TO_CLIENT, 7);

        assertThat(exchange(socket, "12345")).isEqualTo("12345");
        assertThatThrownBy(() -> exchange(socket, "67890")).isInstanceOf(IOException.class);
        assertThat(proxy.forwarded(Direction.TO_CLIENT)).isEqualTo(7);
        assertThat(exchange(connect(), "12345678")).isEqualTo("12345678");
    }

    @Test
    void connections_end_without_an_error() throws IOException {
        Socket socket = connect();
        exchange(socket, "hello");

        proxy.end();

        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void a_dead_target_resets_its_clients() throws IOException {
        proxy.retarget("127.0.0.1:" + Ports.free());

        Socket socket = connect();

        assertThatThrownBy(() -> exchange(socket, "hello")).isInstanceOf(IOException.class);
        await().until(() -> proxy.open() == 0);
    }

    @Test
    void closing_leaves_no_thread_behind() throws IOException {
        for (int i = 0; i < 5; i++) {
            exchange(connect(), "hello");
        }
        proxy.blackHole();
        exchangeOnly(sockets.get(0), "held");

        proxy.close();
        proxy.close();

        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("fault-proxy")));
        proxy.heal();
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }

    private Socket connect() throws IOException {
        String endpoint = proxy.endpoint();
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), Integer.parseInt(endpoint.substring(endpoint.indexOf(':') + 1)));
        socket.setSoTimeout(10_000);
        sockets.add(socket);
        return socket;
    }

    private static String exchange(Socket socket, String text) throws IOException {
        exchangeOnly(socket, text);
        return read(socket, text.length());
    }

    private static void exchangeOnly(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String read(Socket socket, int length) throws IOException {
        byte[] bytes = socket.getInputStream().readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("ended after " + bytes.length + " bytes (expected: " + length + ")");
        }
        return new String(bytes, US_ASCII);
    }

    /** Sends everything back, and ends a connection that says "quit!". */
    private static ServerSocket echo() {
        try {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Daemons.start("echo", () -> {
                try {
                    while (true) {
                        Socket socket = server.accept();
                        Daemons.start("echo", () -> answer(socket));
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            return server;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void answer(Socket socket) {
        byte[] bytes = new byte[1_024];
        try (socket) {
            int length;
            while ((length = socket.getInputStream().read(bytes)) > 0) {
                socket.getOutputStream().write(bytes, 0, length);
                if (new String(bytes, 0, length, US_ASCII).equals("quit!")) {
                    return;
                }
            }
        } catch (IOException broken) {
            // The client broke off.
        }
    }
}
