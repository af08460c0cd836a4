package dev.rollcall.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The demo's own etcd: one member on loopback with a data directory of its own; all of it is gone after {@link #close()}. */
final class DemoEtcd implements AutoCloseable {
    private static final int PREFERRED_PORT = 12379;

    private final Process process;
    private final Path data;
    private final int port;

    private DemoEtcd(Process process, Path data, int port) {
        this.process = process;
        this.data = data;
        this.port = port;
    }

    /** Starts etcd; it does not answer yet. */
    static DemoEtcd start(Map<String, String> environment) throws IOException {
        Path data = Files.createTempDirectory("rollcall-demo-");
        int port = freePort();
        String url = "http://127.0.0.1:" + port;
        List<String> command = List.of(
                program(environment).toString(),
                "--data-dir",
                data.resolve("data").toString(),
                "--listen-client-urls",
                url,
                "--advertise-client-urls",
                url,
                "--listen-peer-urls",
                "http://127.0.0.1:0",
                "--log-level",
                "error");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("log").toFile());
        forgetSettings(builder);
        return new DemoEtcd(builder.start(), data, port);
    }

    /** Takes away the variables that tell etcd and us about another etcd. */
    static void forgetSettings(ProcessBuilder builder) {
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_") || name.startsWith("MICRO_"));
    }

    /** As {@code --registry} takes it. */
    String url() {
        return "etcd://127.0.0.1:" + port;
    }

    boolean alive() {
        return process.isAlive();
    }

    /** From ETCD_BIN, else PATH. */
    private static Path program(Map<String, String> environment) {
        List<Path> places = new ArrayList<>();
        String given = environment.get("ETCD_BIN");
        if (given == null || given.isEmpty()) {
            for (String directory : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
                places.add(Path.of(directory, "etcd"));
            }
        } else {
            places.add(Path.of(given));
        }
        return places.stream()
                .filter(place -> Files.isRegularFile(place) && Files.isExecutable(place))
                .findFirst()
                .orElseThrow(() -> new DemoFailedException(
                        "etcd is missing (on Debian: apt-get install etcd-server; or set ETCD_BIN)"));
    }

    /** The same one each time, so that commands can be repeated, unless it is taken. */
    private static int freePort() throws IOException {
        for (int port : new int[] {PREFERRED_PORT, 0}) {
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (BindException taken) {
                // Any other will do.
            }
        }
        throw new BindException("no free port on loopback");
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
