package dev.rollcall.mucp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The bytes that real Go programs exchanged, by the headings of a capture. */
record Capture(String toServer, String toClient) {
    static final String V2 = "go-micro-v2.9.1-rpc-wire.txt";
    static final String V4 = "go-micro-v4.11.0-rpc-wire.txt";

    static Stream<String> files() {
        return Stream.of(V2, V4);
    }

    static Capture of(String file, String heading) {
        StringBuilder toServer = new StringBuilder();
        StringBuilder toClient = new StringBuilder();
        StringBuilder current = null;
        List<String> lines = lines(file);
        for (String line : lines.subList(lines.indexOf("=== " + heading) + 1, lines.size())) {
            if (line.startsWith("=== ") || line.startsWith("2026-")) {
                break;
            } else if (line.startsWith(">>> ")) {
                current = toServer;
            } else if (line.startsWith("<<< ")) {
                current = toClient;
            } else if (line.startsWith("client result") || line.startsWith("err ")) {
                current = null;
            } else if (current != null) {
                current.append(unescaped(line));
            }
        }
        return new Capture(toServer.toString(), toClient.toString());
    }

    /** A chunk that does not end in a line end is printed on a line of its own. */
    private static String unescaped(String line) {
        if (line.endsWith("\\r\\n")) {
            return line.substring(0, line.length() - 4) + "\r\n";
        }
        return line.startsWith("{") ? line + "\n" : line;
    }

    private static List<String> lines(String file) {
        try (InputStream in = Capture.class.getResourceAsStream("/" + file)) {
            return new ArrayList<>(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        } catch (IOException broken) {
            throw new java.io.UncheckedIOException(broken);
        }
    }
}
