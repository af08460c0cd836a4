package dev.rollcall.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds the programs the tests need. */
final class Binaries {
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

    static Path etcdctl() {
        String chosen = System.getenv("ETCD_BIN");
        Path beside =
                chosen == null || chosen.isBlank() ? null : Path.of(chosen).getParent();
        return find("etcdctl", beside == null ? List.of() : List.of(beside), "etcd-client");
    }

    /** Whether the installed etcd has this flag. */
    static boolean etcdKnows(String flag) {
        return Help.TEXT.contains("--" + flag);
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

    private static final class Help {
        static final String TEXT = read();

        private static String read() {
            try {
                Process process = new ProcessBuilder(etcd().toString(), "--help")
                        .redirectErrorStream(true)
                        .start();
                process.getOutputStream().close();
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new IllegalStateException("etcd --help: " + e.getMessage(), e);
            }
        }
    }
}
