package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** One run of the command in this JVM, on a thread of its own, with its output caught. */
final class Run implements AutoCloseable {
    private static final Duration AT_MOST = Duration.ofSeconds(40);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Stop stop = new Stop();
    private final CompletableFuture<Integer> code = new CompletableFuture<>();

    private Run(Map<String, String> environment, String... args) {
        Console console = new Console(new PrintWriter(out), new PrintWriter(err), environment, stop);
        Thread thread = new Thread(() -> code.complete(Cli.run(console, args)), "run-" + args[0]);
        thread.setDaemon(true);
        thread.start();
    }

    static Run start(String... args) {
        return new Run(Map.of(), args);
    }

    static Run start(Map<String, String> environment, String... args) {
        return new Run(environment, args);
    }

    /** Waits until the output has as many lines, and answers all there are. */
    List<String> lines(int atLeast) {
        await().atMost(AT_MOST).until(() -> lines().size() >= atLeast);
        return lines();
    }

    List<String> lines() {
        return out.toString().lines().toList();
    }

    String err() {
        return err.toString();
    }

    /** What Ctrl-C does. */
    Run stop() {
        stop.request();
        return this;
    }

    /** Waits for the end and checks the exit code. */
    Run ends(int expected) {
        await().atMost(AT_MOST).until(code::isDone);
        assertThat(code.join()).as("exit code; stderr: %s", err).isEqualTo(expected);
        return this;
    }

    /** Waits for the end and checks that there was one line on stderr, and that it has this in it. */
    void fails(int expected, String message) {
        ends(expected);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("rollcall: ").contains(message);
        assertThat(lines()).isEmpty();
    }

    @Override
    public void close() {
        stop();
        await().atMost(AT_MOST).until(code::isDone);
    }
}
