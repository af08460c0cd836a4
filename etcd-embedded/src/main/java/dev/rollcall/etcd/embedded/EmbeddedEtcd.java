package dev.rollcall.etcd.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * etcd's v3 gRPC API in this JVM: one node, for development and tests only, never for production.
 *
 * <p>It answers as etcd 3.4 does, with its texts, to real clients: KV, Lease, Watch, the status, the member list and authentication
 * switched off. It keeps everything in memory, and in a data directory if it is given one; then what was answered survives a crash of
 * the process. It is found on loopback only, unless {@link EmbeddedEtcdBuilder#bind} says otherwise.
 *
 * <p>Any thread may call it. Its own threads are daemons; {@link #close()} ends them.
 *
 * <pre>{@code
 * try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
 *         Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint())) {
 *     ...
 * }
 * }</pre>
 */
public final class EmbeddedEtcd implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEtcd.class);
    private static final Duration LEASE_TICK = Duration.ofMillis(500);
    private static final Duration PROGRESS_TICK = Duration.ofMinutes(10);

    private final EmbeddedEtcdBuilder settings;
    private final ScheduledExecutorService timer;
    private final Delay delay;
    private final AtomicInteger drops = new AtomicInteger();
    private final Control control = new Control();
    private Keeping keeping;
    private @Nullable Front front;
    private int port;
    private boolean closed;

    EmbeddedEtcd(EmbeddedEtcdBuilder settings) {
        this.settings = settings;
        this.timer = Executors.newSingleThreadScheduledExecutor(Front.daemons("rollcall-etcd-timer"));
        this.delay = new Delay(timer);
        this.port = settings.port();
        try {
            this.keeping = Keeping.open(settings, this::failed);
            begin();
        } catch (RuntimeException e) {
            timer.shutdownNow();
            throw e;
        }
        var unusedTicks = timer.scheduleWithFixedDelay(
                this::tick, LEASE_TICK.toMillis(), LEASE_TICK.toMillis(), TimeUnit.MILLISECONDS);
        var unusedShows = timer.scheduleWithFixedDelay(
                this::showProgress, PROGRESS_TICK.toMillis(), PROGRESS_TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.info(
                "embedded etcd on {}, for development and tests only, never for production; {}",
                endpoint(),
                keeping.description());
        if (!settings.address().isLoopbackAddress()) {
            LOG.warn("embedded etcd on {}: whoever reaches this address can read and write everything", endpoint());
        }
    }

    /** Starts one in memory, on a free loopback port. */
    public static EmbeddedEtcd start() {
        return builder().start();
    }

    /** For one with a port, a data directory or other options. */
    public static EmbeddedEtcdBuilder builder() {
        return new EmbeddedEtcdBuilder();
    }

    /** Where clients connect, {@code 127.0.0.1:port}. It stays the same for its whole life. */
    public String endpoint() {
        InetAddress address = settings.address();
        String host = address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port();
    }

    /** The port clients connect to. */
    public synchronized int port() {
        return port;
    }

    /** What a test can do to it. */
    public Faults faults() {
        return control;
    }

    /** Ends every connection and starts again with the same data, as after a crash: leases get their full time back. */
    public synchronized void restart() {
        again(false);
    }

    /** Ends every connection and starts again without data, as after a wiped disk: same ids, another history. */
    public synchronized void restartEmpty() {
        again(true);
    }

    /** Ends every connection. What was answered is on disk if there is a data directory, else gone. Closing twice does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            timer.shutdownNow();
            shut();
            keeping.close();
        }
    }

    @Override
    public String toString() {
        return "embedded etcd on " + endpoint();
    }

    private synchronized void open() {
        running();
        if (front == null) {
            try {
                front = Front.open(settings, port, keeping.store(), delay, this::drop, this::endpoint);
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "embedded etcd: cannot listen on " + settings.address().getHostAddress() + ":" + port + ": "
                                + e.getMessage(),
                        e);
            }
            port = front.port();
        }
    }

    /** Serves what was kept; leases have their full time from when they can be kept alive. */
    private synchronized void begin() {
        open();
        keeping.store().leases().renew();
    }

    private synchronized void shut() {
        if (front != null) {
            front.close();
            front = null;
        }
    }

    private void again(boolean empty) {
        running();
        shut();
        keeping = keeping.reopen(empty);
        begin();
    }

    private synchronized Keeping running() {
        if (closed) {
            throw new IllegalStateException("embedded etcd: closed (expected: running)");
        }
        return keeping;
    }

    /** What could not be written must not be answered: every client sees a broken connection and knows nothing, which is the truth. */
    private void failed(IOException cause) {
        LOG.error("embedded etcd on {}: cannot write to {}, serves no longer", endpoint(), settings.data(), cause);
        shut();
    }

    private boolean drop() {
        return drops.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    private void tick() {
        try {
            running().store().leases().revokeExpired();
        } catch (RuntimeException e) {
            LOG.warn("embedded etcd: expired leases could not be revoked: {}", e.getMessage());
        }
    }

    private synchronized void showProgress() {
        if (front != null) {
            front.showProgress();
        }
    }

    private final class Control implements Faults {
        @Override
        public void advanceLeases(Duration time) {
            Store store = running().store();
            store.leases().advance(time);
            store.leases().revokeExpired();
        }

        @Override
        public void expireLease(long lease) {
            Store store = running().store();
            if (!store.leases().end(lease)) {
                throw new IllegalArgumentException("lease: " + Long.toHexString(lease) + " (expected: one that lives)");
            }
            store.leases().revokeExpired();
        }

        @Override
        public void expireLeases() {
            Store store = running().store();
            store.leases().all().getLeasesList().forEach(lease -> store.leases().end(lease.getID()));
            store.leases().revokeExpired();
        }

        @Override
        public void cut() {
            running();
            shut();
        }

        @Override
        public void heal() {
            open();
        }

        @Override
        public void dropWatchesAfterCreated(int streams) {
            if (streams < 0) {
                throw new IllegalArgumentException("streams: " + streams + " (expected: >= 0)");
            }
            drops.set(streams);
        }

        @Override
        public void delayAnswers(Duration time) {
            if (time.isNegative()) {
                throw new IllegalArgumentException("time: " + time + " (expected: >= 0)");
            }
            delay.set(time);
        }

        @Override
        public void compact() {
            Store store = running().store();
            if (store.compacted() < store.revision()) {
                compact(store.revision());
            }
        }

        @Override
        public void compact(long revision) {
            try {
                running().store().compact(revision);
            } catch (RefusedException e) {
                throw new IllegalArgumentException(
                        "revision: " + revision + " (expected: one that can be compacted; " + e.getMessage() + ")");
            }
        }
    }
}
