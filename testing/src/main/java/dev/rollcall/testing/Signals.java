package dev.rollcall.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Sends signals Java has no word for to a process, through the shell (whose {@code kill} is built in). */
public final class Signals {
    private Signals() {}

    /** Freezes a process: its connections stay open and nothing answers. */
    public static void pause(Process process) {
        send("STOP", process);
    }

    /** Lets a frozen process go on. */
    public static void resume(Process process) {
        send("CONT", process);
    }

    private static void send(String signal, Process process) {
        try {
            Process kill = new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid())
                    .redirectErrorStream(true)
                    .start();
            kill.getOutputStream().close();
            String said = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + signal + " " + process.pid() + ": " + said.strip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sending " + signal, e);
        }
    }
}
