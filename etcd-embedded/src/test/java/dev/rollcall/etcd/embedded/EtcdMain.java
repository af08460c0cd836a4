package dev.rollcall.etcd.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * The embedded etcd as a process of its own that takes etcd's flags and shows its health and metrics as etcd does: what the tests of
 * the etcd registry start in place of a real one. Flags of what the embedded one does not have (TLS, authentication, a cluster) end it.
 */
final class EtcdMain {
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "name",
            "advertise-client-urls",
            "listen-peer-urls",
            "initial-advertise-peer-urls",
            "logger",
            "log-outputs",
            "log-level",
            "heartbeat-interval",
            "election-timeout",
            "bcrypt-cost",
            "snapshot-count");

    private EtcdMain() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (Set.of(arguments).contains("--help")) {
            System.out.println("--unsafe-no-fsync");
            return;
        }
        Map<String, String> flags = flags(arguments);
        Meter meter = new Meter();
        EmbeddedEtcdBuilder builder = EmbeddedEtcd.builder()
                .port(URI.create(take(flags, "listen-client-urls")).getPort())
                .data(Path.of(take(flags, "data-dir")))
                .fsync(flags.remove("unsafe-no-fsync") == null)
                .intercept(meter);
        URI metrics = URI.create(take(flags, "listen-metrics-urls"));
        String quota = flags.remove("quota-backend-bytes");
        if (quota != null) {
            builder.quota(Long.parseLong(quota));
        }
        if (take(flags, "initial-cluster").contains(",")) {
            throw new IllegalArgumentException("--initial-cluster: several members (expected: one)");
        }
        flags.keySet().removeAll(WITHOUT_EFFECT);
        if (!flags.isEmpty()) {
            throw new IllegalArgumentException("flags: " + flags.keySet() + " (expected: only some of those of etcd)");
        }
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(metrics.getHost(), metrics.getPort()), 0);
            builder.start();
            answer(http, "/health", () -> "{\"health\":\"true\"}");
            answer(http, "/metrics", meter::text);
            http.start();
        } catch (BindException | UncheckedIOException e) {
            // in etcd's words, so that another port is tried
            System.err.println("address already in use: " + e);
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }

    private static Map<String, String> flags(String[] arguments) {
        Map<String, String> flags = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.substring(2).split("=", 2);
            flags.put(parts[0], parts.length > 1 ? parts[1] : "");
        }
        return flags;
    }

    private static String take(Map<String, String> flags, String name) {
        String value = flags.remove(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " (expected: a value)");
        }
        return value;
    }

    private static void answer(HttpServer http, String path, Supplier<String> text) {
        http.createContext(path, exchange -> {
            byte[] bytes = text.get().getBytes(UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }
}
