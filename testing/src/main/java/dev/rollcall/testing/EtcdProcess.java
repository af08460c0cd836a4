package dev.rollcall.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd on free loopback ports with a data directory of its own, to start, kill, pause, wipe and restore.
 *
 * <p>Which one is said by {@link EtcdOptions#withProgram}; else it is the installed one. Tests that run again with another server in
 * its place set the system property {@code rollcall.testing.etcd} to the name of a class of their class path, whose main method takes
 * etcd's flags.
 *
 * <p>The ports stay the same for its whole life, so clients can find it again. Methods may be called from any thread, one at a
 * time. Everything throws {@link IllegalStateException} with the end of etcd's log when etcd does not do what was asked.
 *
 * <pre>{@code
 * try (EtcdProcess etcd = EtcdProcess.launch()) {
 *     etcd.ctl().put("greeting", "hello");
 *     etcd.kill();
 *     etcd.start();
 * }
 * }</pre>
 */
public final class EtcdProcess implements AutoCloseable {
    private static final Duration START_DEADLINE = Duration.ofSeconds(30);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(15);
    private static final int LAUNCH_TRIES = 5;
    private static final Set<EtcdProcess> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> List.copyOf(RUNNING).forEach(EtcdProcess::close), "rollcall-testing-etcd-end"));
    }

    private final EtcdOptions options;
    private final EtcdMember member;
    private final String initialCluster;
    private final Path home;
    private int backups;
    private @Nullable Process process;
    private boolean paused;

    EtcdProcess(EtcdMember member, String initialCluster, EtcdOptions options) {
        this.member = member;
        this.initialCluster = initialCluster;
        this.options = options;
        try {
            this.home = Files.createTempDirectory("rollcall-etcd-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RUNNING.add(this);
    }

    /** Starts an etcd with {@link EtcdOptions#defaults()} and waits until it serves. */
    public static EtcdProcess launch() {
        return launch(EtcdOptions.defaults());
    }

    /** Starts an etcd and waits until it serves. */
    public static EtcdProcess launch(EtcdOptions options) {
        for (int tries = 1; ; tries++) {
            EtcdMember member = EtcdMember.onFreePorts("etcd");
            EtcdProcess etcd = new EtcdProcess(member, member.initialCluster(), options);
            try {
                etcd.start();
                return etcd;
            } catch (IllegalStateException e) {
                boolean clash = etcd.log().contains("address already in use");
                etcd.close();
                if (!clash || tries == LAUNCH_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** Where clients connect, {@code 127.0.0.1:port}. */
    public String endpoint() {
        return member.endpoint();
    }

    /** The port clients connect to. */
    public int port() {
        return member.clientPort();
    }

    /** The metrics and the health of this etcd, in plain HTTP also when clients must speak TLS. */
    public EtcdMetrics metrics() {
        return new EtcdMetrics("127.0.0.1:" + member.metricsPort());
    }

    /** An {@code etcdctl} for this etcd; add TLS or a user to it where this etcd asks for them. */
    public Etcdctl ctl() {
        return Etcdctl.at(endpoint());
    }

    /** The process id while it runs. */
    public long pid() {
        return running().pid();
    }

    /** True from start to end, also while it is paused. */
    public boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    /** True while it runs and is not paused. */
    boolean isResponsive() {
        return isAlive() && !paused;
    }

    /** Starts it on its ports and its data, and waits until it serves. */
    public void start() {
        spawn();
        awaitHealthy();
    }

    /** Starts it and returns at once, for a member that cannot serve before others are there. */
    public void spawn() {
        if (isAlive()) {
            throw new IllegalStateException(this + ": running (expected: stopped)");
        }
        List<String> command = member.command(data(), initialCluster, options);
        try {
            paused = false;
            process = new ProcessBuilder(command)
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(logFile().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it answers that it is healthy: it serves and knows a leader. */
    public void awaitHealthy() {
        long start = System.nanoTime();
        while (!metrics().healthy()) {
            if (!isAlive()) {
                throw new IllegalStateException(
                        this + ": ended while starting (expected: healthy); its log ends:\n" + log());
            }
            if (System.nanoTime() - start > START_DEADLINE.toNanos()) {
                throw new IllegalStateException(this + ": not healthy after " + START_DEADLINE.toSeconds()
                        + " s (expected: healthy); its log ends:\n" + log());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** Ends it with SIGKILL, as a crash would, and waits until it is gone. The data stay. Does nothing when it is stopped. */
    public void kill() {
        Process current = process;
        if (current != null) {
            current.destroyForcibly();
            awaitEnd(current);
        }
    }

    /** Ends it with SIGTERM, as an operator would, and waits until it is gone. The data stay. Does nothing when it is stopped. */
    public void terminate() {
        Process current = process;
        if (current != null) {
            current.destroy();
            awaitEnd(current);
        }
    }

    /** SIGSTOP: connections stay open and nothing answers. */
    public void pause() {
        Signals.pause(running());
        paused = true;
    }

    /** SIGCONT: goes on after {@link #pause()}. */
    public void resume() {
        Signals.resume(running());
        paused = false;
    }

    /** Deletes the data of a stopped etcd. After the next start it has the same cluster id and another past. */
    public void wipe() {
        stopped();
        Trees.delete(data());
    }

    /** Copies the data of a stopped etcd, for {@link #restore}. The copy is deleted by {@link #close()}. */
    public Path backup() {
        stopped();
        Path copy = home.resolve("backup-" + ++backups);
        Trees.copy(data(), copy);
        return copy;
    }

    /** Replaces the data of a stopped etcd by a {@link #backup()}, which stays usable. */
    public void restore(Path backup) {
        wipe();
        Trees.copy(backup, data());
    }

    /** The end of what etcd has logged, 8 KiB at most. */
    public String log() {
        return Trees.tail(logFile(), 8 * 1024);
    }

    /** Kills it and deletes everything it wrote. Closing twice does nothing. */
    @Override
    public void close() {
        if (RUNNING.remove(this)) {
            kill();
            Trees.delete(home);
        }
    }

    @Override
    public String toString() {
        return "etcd " + member.name() + " on " + endpoint();
    }

    private Path data() {
        return home.resolve("data");
    }

    private Path logFile() {
        return home.resolve("etcd.log");
    }

    private Process running() {
        Process current = process;
        if (current == null || !current.isAlive()) {
            throw new IllegalStateException(this + ": stopped (expected: running); its log ends:\n" + log());
        }
        return current;
    }

    private void stopped() {
        if (isAlive()) {
            throw new IllegalStateException(this + ": running (expected: stopped)");
        }
    }

    private void awaitEnd(Process current) {
        try {
            if (!current.waitFor(STOP_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
                current.destroyForcibly();
                throw new IllegalStateException(this + ": still running " + STOP_DEADLINE.toSeconds()
                        + " s after its signal (expected: ended); its log ends:\n" + log());
            }
        } catch (InterruptedException e) {
            current.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(this + ": interrupted while waiting for its end", e);
        }
    }
}
