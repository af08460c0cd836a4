package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One running program, of Go or {@link JavaProgram}; what it prints is read line by line. It ends with this process at the
 * latest, since its input does.
 */
final class Program implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What a program printed, and when it arrived here; a line without event is the end. */
    record Line(JsonObject json, long nanos) {
        String event() {
            return json.has("event") ? json.get("event").getAsString() : "";
        }

        JsonObject object(String name) {
            return json.getAsJsonObject(name);
        }

        String text(String name) {
            return json.get(name).getAsString();
        }
    }

    private final List<String> command;
    private final Process process;
    private final Path complaints;
    private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>(100_000);

    private Program(List<String> command, Process process, Path complaints) {
        this.command = command;
        this.process = process;
        this.complaints = complaints;
    }

    static Program start(List<String> command, Map<String, String> environment) {
        try {
            Path complaints = Files.createTempFile("interop", ".err");
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(complaints.toFile());
            builder.environment().putAll(environment);
            Program program = new Program(command, builder.start(), complaints);
            Thread reader = new Thread(program::read, "program-output");
            reader.setDaemon(true);
            reader.start();
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a program that ends by itself prints, complaints included. */
    static String output(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command that runs a class of ours. */
    static List<String> java(Class<?> main, String... arguments) {
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dfile.encoding=UTF-8",
                "-cp",
                classes,
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                // the frameworks' own log lines may stand between ours
                if (line.startsWith("{\"")) {
                    lines.add(new Line(JsonParser.parseString(line).getAsJsonObject(), System.nanoTime()));
                }
            }
        } catch (IOException ended) {
            // as at the end of the output
        }
        lines.add(new Line(new JsonObject(), System.nanoTime()));
    }

    /** The next line, whatever it says. */
    Line next() {
        return next(PATIENCE);
    }

    Line next(Duration atMost) {
        try {
            Line line = lines.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null || line.event().isEmpty()) {
                throw new AssertionError((line == null ? "nothing for " + atMost.toSeconds() + " s" : "ended") + ": "
                        + said() + "\n" + Files.readString(complaints));
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command, without the class path. */
    private String said() {
        return String.join(
                " ", command.stream().filter(word -> word.length() < 1000).toList());
    }

    /** The next line about this event; others are left out. */
    Line await(String event) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Line line = next(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            if (line.event().equals(event)) {
                return line;
            }
        }
    }

    /** The lines of one call: its replies and then how it ended, {@code done} or {@code failed}. */
    List<Line> call() {
        List<Line> all = new ArrayList<>();
        do {
            all.add(next());
        } while (all.get(all.size() - 1).event().equals("reply"));
        return all;
    }

    /** What has arrived and was not read, without waiting. */
    List<Line> drain() {
        List<Line> all = new ArrayList<>();
        lines.drainTo(all);
        return all;
    }

    /** Waits until it has ended by itself, and returns what it complained about. */
    String lastWords() {
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as(said())
                    .isTrue();
            return Files.readString(complaints);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM: leaves gracefully. */
    void terminate() {
        process.toHandle().destroy(); // Process.destroy() would close its output too
    }

    /** SIGKILL. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            Files.deleteIfExists(complaints);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
