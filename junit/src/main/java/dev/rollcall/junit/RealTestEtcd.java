package dev.rollcall.junit;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A process of a real etcd: it can be restarted, compacted and robbed of its leases, but not cut or hurried. */
final class RealTestEtcd implements TestEtcd {
    private static final Duration START_DEADLINE = Duration.ofSeconds(30);
    private static final int LAUNCH_TRIES = 5;

    private final Path binary;
    private final Path home;
    private final int port;
    private final int peerPort;
    private @Nullable Process process;

    private RealTestEtcd(Path binary) {
        this.binary = binary;
        List<Integer> ports = freePorts();
        this.port = ports.get(0);
        this.peerPort = ports.get(1);
        try {
            this.home = Files.createTempDirectory("rollcall-test-etcd-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RealTestEtcd launch(Path binary) {
        for (int tries = 1; ; tries++) {
            RealTestEtcd etcd = new RealTestEtcd(binary);
            try {
                etcd.spawn();
                return etcd;
            } catch (RuntimeException e) {
                etcd.close();
                boolean clash = String.valueOf(e.getMessage()).contains("address already in use");
                if (!clash || tries == LAUNCH_TRIES) {
                    throw e;
                }
            }
        }
    }

    @Override
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void advanceLeases(Duration time) {
        throw unsupported("advanceLeases");
    }

    @Override
    public void expireLease(long lease) {
        try (Client client = new Client(endpoint())) {
            if (!client.revoke(lease)) {
                throw new IllegalArgumentException("lease: " + Long.toHexString(lease) + " (expected: one that lives)");
            }
        }
    }

    @Override
    public void expireLeases() {
        try (Client client = new Client(endpoint())) {
            client.leases().forEach(client::revoke);
        }
    }

    @Override
    public void cut() {
        throw unsupported("cut");
    }

    @Override
    public void heal() {
        throw unsupported("heal");
    }

    @Override
    public void dropWatchesAfterCreated(int streams) {
        throw unsupported("dropWatchesAfterCreated");
    }

    @Override
    public void delayAnswers(Duration time) {
        throw unsupported("delayAnswers");
    }

    @Override
    public void compact() {
        try (Client client = new Client(endpoint())) {
            client.compact();
        }
    }

    @Override
    public synchronized void restart() {
        kill();
        spawn();
    }

    @Override
    public synchronized void restartEmpty() {
        kill();
        delete(data());
        spawn();
    }

    @Override
    public synchronized void close() {
        kill();
        delete(home);
    }

    @Override
    public String toString() {
        return "real etcd on " + endpoint();
    }

    private UnsupportedOperationException unsupported(String call) {
        return new UnsupportedOperationException(call + ": " + this + " cannot do this (expected: TestEtcd.start())");
    }

    private synchronized void spawn() {
        String client = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + peerPort;
        try {
            process = new ProcessBuilder(
                            binary.toString(),
                            "--name=test",
                            "--data-dir=" + data(),
                            "--listen-client-urls=" + client,
                            "--advertise-client-urls=" + client,
                            "--listen-peer-urls=" + peer,
                            "--initial-advertise-peer-urls=" + peer,
                            "--initial-cluster=test=" + peer,
                            "--heartbeat-interval=10",
                            "--election-timeout=100")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "etcd: " + binary + ": " + e.getMessage() + " (expected: the path of an etcd binary)", e);
        }
        awaitServing(process);
    }

    private void awaitServing(Process started) {
        long start = System.nanoTime();
        while (true) {
            try (Client client = new Client(endpoint())) {
                client.leases();
                return;
            } catch (StatusRuntimeException notYet) {
                if (!started.isAlive() || System.nanoTime() - start > START_DEADLINE.toNanos()) {
                    throw new IllegalStateException(this + ": does not serve; its log ends:\n" + tail(), notYet);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
    }

    private synchronized void kill() {
        if (process != null) {
            try {
                process.destroyForcibly().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Path data() {
        return home.resolve("data");
    }

    private Path log() {
        return home.resolve("etcd.log");
    }

    private String tail() {
        try {
            String log = Files.readString(log());
            return log.substring(Math.max(0, log.length() - 4_000));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Integer> freePorts() {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket one = new ServerSocket(0, 1, loopback);
                ServerSocket other = new ServerSocket(0, 1, loopback)) {
            return List.of(one.getLocalPort(), other.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
