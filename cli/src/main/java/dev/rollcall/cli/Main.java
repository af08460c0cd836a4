package dev.rollcall.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Starts the {@code rollcall} command. */
public final class Main {
    private static final Duration TO_LEAVE = Duration.ofSeconds(10);

    private Main() {}

    public static void main(String[] args) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        Stop stop = new Stop();
        Stop over = new Stop();
        int[] code = {Cli.OK};
        // Ctrl-C and SIGTERM are how register and watch are meant to end: the command finishes its work, and with its
        // own exit code.
        Thread hook = new Thread(
                () -> {
                    boolean waits = stop.heeded() && !over.requested();
                    stop.request();
                    if (waits && over.await(TO_LEAVE)) {
                        Runtime.getRuntime().halt(code[0]);
                    }
                },
                "rollcall-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        code[0] = Cli.run(new Console(out, err, System.getenv(), stop), args);
        out.flush();
        err.flush();
        over.request();
        System.exit(code[0]);
    }

    /** UTF-8 whatever the locale, as JSON must be; a reader that has gone is told by {@link PrintWriter#checkError()}. */
    private static PrintWriter writer(FileDescriptor to) {
        return new PrintWriter(new BufferedOutputStream(new FileOutputStream(to)), false, StandardCharsets.UTF_8);
    }
}
