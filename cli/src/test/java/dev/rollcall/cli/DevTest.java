package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd from the command line, used by the other commands. */
class DevTest {
    @TempDir
    private Path directory;

    @Test
    void is_there_for_the_other_commands_until_it_is_stopped() {
        try (Run dev = Run.start("dev", "--port", "0")) {
            String line = dev.lines(1).get(0);
            assertThat(line).contains("for development and tests only; in memory");
            String registry = "etcd://" + endpoint(line);
            try (Run register =
                    Run.start("register", "hello.srv.say", "--address", "10.0.0.7:1", "--registry", registry)) {
                assertThat(register.lines(1).get(0)).contains("registered");
                assertThat(Run.start("services", "--registry", registry).ends(0).lines())
                        .containsExactly("hello.srv.say");
            }
            dev.stop().ends(0);
        }
    }

    @Test
    void a_directory_in_use_or_a_port_that_is_taken_is_one_line() {
        try (Run dev = Run.start("dev", "--port", "0", "--data", directory.toString())) {
            String line = dev.lines(1).get(0);
            assertThat(line).contains("data in " + directory + ", synced");
            Run.start("dev", "--port", "0", "--data", directory.toString()).fails(1, "used by another embedded etcd");
            String port = endpoint(line).replaceFirst(".*:", "");
            Run.start("dev", "--port", port).fails(1, "cannot listen on 127.0.0.1:" + port);
            Run.start("dev", "--port", "99999").fails(1, "port: 99999 (expected: 0 to 65535)");
        }
    }

    private static String endpoint(String line) {
        return line.replaceFirst(".* on ", "").replaceFirst(",.*", "");
    }
}
