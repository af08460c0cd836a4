package dev.rollcall.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end, within a deadline. */
final class Commands {
    private Commands() {}

    record Result(int exitCode, String stdout, String stderr) {}

    static Result run(List<String> command, Map<String, String> environment, byte[] input, Duration deadline) {
        try {
            // Files, not pipes: no thread has to read along, and a program that hangs cannot hang us.
            Path stdout = Files.createTempFile("rollcall-out-", "");
            Path stderr = Files.createTempFile("rollcall-err-", "");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .redirectOutput(stdout.toFile())
                        .redirectError(stderr.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                try (OutputStream stdin = process.getOutputStream()) {
                    stdin.write(input);
                } catch (IOException endedBeforeReading) {
                    // Its exit code and stderr say why.
                }
                if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(command.get(0) + ": not ended after " + deadline.toSeconds()
                            + " s: " + Files.readString(stderr));
                }
                return new Result(
                        process.exitValue(),
                        Files.readString(stdout, StandardCharsets.UTF_8),
                        Files.readString(stderr, StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(stdout);
                Files.deleteIfExists(stderr);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command.get(0) + ": interrupted", e);
        }
    }
}
