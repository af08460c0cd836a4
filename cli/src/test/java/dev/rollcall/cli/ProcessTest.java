package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What only a real process has: signals, pipes, exit codes. */
class ProcessTest {
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
    }

    private Process rollcall(String... args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(asTheLauncherDoes());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).start();
        processes.add(process);
        return process;
    }

    private static List<String> asTheLauncherDoes() {
        return Runtime.version().feature() < 23
                ? List.of("-XX:TieredStopAtLevel=1")
                : List.of(
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow");
    }

    private static int code(Process process) throws InterruptedException {
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }

    private static BufferedReader out(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String err(Process process) throws IOException {
        return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void sigterm_is_how_register_ends() throws Exception {
        Process process = rollcall("register", "hello.srv.say", "--address", "10.0.0.7:1", "--registry", "memory:");
        BufferedReader out = out(process);
        assertThat(out.readLine()).contains("  registered ");
        process.toHandle().destroy();
        assertThat(out.readLine()).contains("  closed ");
        assertThat(code(process)).isZero();
        assertThat(err(process)).isEmpty();
    }

    @Test
    void sigterm_is_how_watch_ends_also_without_any_input() throws Exception {
        Process process = rollcall("watch", "hello.srv.say", "--registry", "memory:");
        process.getOutputStream().close();
        assertThat(new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))
                        .readLine())
                .contains("no instances yet");
        process.toHandle().destroy();
        assertThat(code(process)).isZero();
    }

    @Test
    void a_look_up_that_waits_for_a_silent_registry_dies_at_once_when_told_to() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process process = rollcall(
                    "services", "--registry_address", "127.0.0.1:" + silent.getLocalPort(), "--timeout", "60s");
            try (Socket connected = silent.accept()) {
                assertThat(connected.isConnected()).isTrue();
                process.toHandle().destroy();
                assertThat(code(process)).as("128 + SIGTERM").isEqualTo(143);
            }
        }
    }

    @Test
    void a_broken_pipe_ends_quietly() throws Exception {
        Process process = rollcall("--help");
        process.getInputStream().close();
        assertThat(code(process)).isZero();
        assertThat(err(process)).isEmpty();
    }

    @Test
    void exit_codes_reach_the_shell() throws Exception {
        Process wrong = rollcall("nosuch");
        assertThat(code(wrong)).isEqualTo(2);
        assertThat(err(wrong).lines()).hasSize(1);
        Process failed = rollcall("instances", "no.such", "--registry", "memory:");
        assertThat(code(failed)).isEqualTo(1);
        assertThat(err(failed).lines()).hasSize(1);
    }

    @Test
    void the_demo_ends_all_that_it_started_when_it_is_stopped() throws Exception {
        Process demo = rollcall("demo");
        BufferedReader out = out(demo);
        String line = out.readLine();
        while (line != null && !line.contains("a caller picks an instance")) {
            line = out.readLine();
        }
        List<ProcessHandle> children = demo.descendants().toList();
        assertThat(children).as("three instances").hasSize(3);
        demo.toHandle().destroy();
        assertThat(code(demo)).isZero();
        await().until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(err(demo)).isEmpty();
    }
}
