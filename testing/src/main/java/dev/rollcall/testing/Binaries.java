package dev.rollcall.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the programs the tests need. */
final class Binaries {
    private static final String STAND_IN = "rollcall.testing.etcd";
    private static final Map<List<String>, String> HELP = new ConcurrentHashMap<>();

    private Binaries() {}

    static Path etcd() {
        String chosen = System.getenv("ETCD_BIN");
        if (chosen != null && !chosen.isBlank()) {
            Path path = Path.of(chosen);
            if (!Files.isExecutable(path)) {
                throw new IllegalStateException(
                        "ETCD_BIN: " + chosen + " (expected: the path of an executable etcd 3.4 or newer)");
            }
            return path;
        }
        return find("etcd", List.of(), "etcd-server");
    }

    /** What starts an etcd: the installed one, or the class named by the system property {@value #STAND_IN}, in a JVM of its own. */
    static List<String> etcdCommand() {
        String standIn = System.getProperty(STAND_IN, "");
        if (standIn.isEmpty()) {
            return List.of(etcd().toString());
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                standIn);
    }

    static Path etcdctl() {
        String chosen = System.getenv("ETCD_BIN");
        Path beside =
                chosen == null || chosen.isBlank() ? null : Path.of(chosen).getParent();
        return find("etcdctl", beside == null ? List.of() : List.of(beside), "etcd-client");
    }

    /** Whether an etcd has this flag. */
    static boolean knows(List<String> command, String flag) {
        return HELP.computeIfAbsent(command, Binaries::help).contains("--" + flag);
    }

    private static String help(List<String> command) {
        List<String> help = new ArrayList<>(command);
        help.add("--help");
        try {
            Process process = new ProcessBuilder(help).redirectErrorStream(true).start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(String.join(" ", help) + ": " + e.getMessage(), e);
        }
    }

    private static Path find(String name, List<Path> first, String debianPackage) {
        List<Path> directories = new ArrayList<>(first);
        String path = System.getenv("PATH");
        for (String entry : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()) {
                directories.add(Path.of(entry));
            }
        }
        directories.add(Path.of("/usr/bin"));
        directories.add(Path.of("/usr/local/bin"));
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name
                        + ": not found in PATH (expected: version 3.4 or newer; on Debian or Ubuntu: apt-get install "
                        + debianPackage + "; elsewhere put it into PATH or set ETCD_BIN)"));
    }
}
