package dev.rollcall.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * What an etcd tells about itself under {@code /metrics}: gauges and counters by name. Each call asks anew; any thread may.
 *
 * <pre>{@code
 * long watchers = etcd.metrics().watchers();
 * long logins = etcd.metrics().calls("Authenticate");
 * }</pre>
 */
public final class EtcdMetrics {
    private static final int DEADLINE_MILLIS = 5_000;

    private final String endpoint;

    /** Reads from a plain HTTP endpoint, {@code 127.0.0.1:port}. */
    public EtcdMetrics(String endpoint) {
        this.endpoint = endpoint;
    }

    /** The sum of all values of a metric, whatever their labels; 0 when etcd does not know it (yet). */
    public double value(String name) {
        return sum(name, labels -> 1);
    }

    /** How many watchers are open. */
    public long watchers() {
        return (long) value("etcd_debugging_mvcc_watcher_total");
    }

    /** How many file descriptors the process has open. */
    public long openFiles() {
        return (long) value("process_open_fds");
    }

    /** How many goroutines run. */
    public long goroutines() {
        return (long) value("go_goroutines");
    }

    /** How many calls of a method have begun, for example {@code Range}, {@code Txn}, {@code LeaseGrant}, {@code Watch}. */
    public long calls(String method) {
        String label = "grpc_method=\"" + method + '"';
        return (long) sum("grpc_server_started_total", labels -> labels.contains(label) ? 1 : 0);
    }

    /** Every value by name and labels, as etcd writes them. */
    public Map<String, Double> all() {
        Map<String, Double> values = new TreeMap<>();
        for (String line : read("/metrics").lines().toList()) {
            int end = line.lastIndexOf(' ');
            if (!line.startsWith("#") && end > 0) {
                values.put(line.substring(0, end), Double.valueOf(line.substring(end + 1)));
            }
        }
        return values;
    }

    /** True when it serves and knows a leader. */
    boolean healthy() {
        try {
            return get("/health").contains("\"health\":\"true\"");
        } catch (IOException notYet) {
            return false;
        }
    }

    /** True when it takes itself for the leader. */
    boolean leads() {
        try {
            return get("/metrics").lines().anyMatch("etcd_server_is_leader 1"::equals);
        } catch (IOException notNow) {
            return false;
        }
    }

    private double sum(String name, ToDoubleFunction<String> weight) {
        double sum = 0;
        for (Map.Entry<String, Double> entry : all().entrySet()) {
            String key = entry.getKey();
            if (key.equals(name) || key.startsWith(name + "{")) {
                sum += entry.getValue() * weight.applyAsDouble(key.substring(name.length()));
            }
        }
        return sum;
    }

    private String read(String path) {
        try {
            return get(path);
        } catch (IOException e) {
            throw new IllegalStateException("http://" + endpoint + path + ": " + e, e);
        }
    }

    private String get(String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + endpoint + path).toURL().openConnection();
        connection.setConnectTimeout(DEADLINE_MILLIS);
        connection.setReadTimeout(DEADLINE_MILLIS);
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            connection.disconnect();
        }
    }
}
