package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How a program that never calls close() ends. */
class ProgramEndTest {
    /** Registers, and then returns from main or waits to be told to end. */
    static final class Program {
        public static void main(String[] arguments) throws InterruptedException {
            Rollcall rollcall = Rollcall.builder()
                    .registry("memory:")
                    .option("shutdown-hook", arguments[0])
                    .events(event -> System.out.println(((Event.RegistrationChanged) event).to()))
                    .connect();
            rollcall.register(Instance.of("svc.pay", "10.0.0.7", 8080));
            if (arguments[1].equals("wait")) {
                Thread.currentThread().join();
            }
        }
    }

    private static List<String> run(String hook, boolean terminate) throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName(),
                        hook,
                        terminate ? "wait" : "return")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = program.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
                if (terminate && line.equals("REGISTERED")) {
                    program.toHandle().destroy(); // Process.destroy() would close its output, too
                }
            }
            assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            program.destroyForcibly();
        }
        return lines;
    }

    @Test
    void a_program_that_forgets_close_still_ends_and_leaves_gracefully() throws Exception {
        assertThat(run("true", false)).containsExactly("REGISTERED", "CLOSED");
    }

    @Test
    void a_program_that_is_terminated_leaves_gracefully() throws Exception {
        assertThat(run("true", true)).containsExactly("REGISTERED", "CLOSED");
    }

    @Test
    void without_the_shutdown_hook_nothing_is_left() throws Exception {
        assertThat(run("false", true)).containsExactly("REGISTERED");
    }
}
