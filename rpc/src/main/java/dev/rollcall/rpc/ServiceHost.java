package dev.rollcall.rpc;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server that runs and is registered, whatever its protocol. It was registered once it listened; closing it turns that round:
 *
 * <ol>
 *   <li>its health says that it no longer serves, and its registrations leave: DRAINING, then deleted;
 *   <li>it goes on serving for the linger time, also new calls, since callers hear of the leave a moment later, Go ones only of
 *       the delete;
 *   <li>calls under way finish, for so long as was set; then it ends.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class ServiceHost implements AutoCloseable {
    /** The server of a protocol, listening. */
    public interface Listening {
        /** The port it listens on. */
        int port();

        /** Tells those who ask for its health that it will soon be gone. Returns at once. */
        void notServing();

        /** Takes no new calls, lets those under way finish for this long, cuts the rest, and ends. */
        void finish(Duration atMost);
    }

    private final Listening server;
    private final Address address;
    private final List<Registration> registrations;
    private final Duration linger;
    private final Duration finishWithin;
    private final Object closing = new Object();
    private boolean closed;
    private @Nullable Thread hook;
    private volatile boolean leaving;

    private ServiceHost(
            Listening server,
            Address address,
            List<Registration> registrations,
            Duration linger,
            Duration finishWithin) {
        this.server = server;
        this.address = address;
        this.registrations = registrations;
        this.linger = linger;
        this.finishWithin = finishWithin;
    }

    /** Registers what listens already; when that fails, nothing stays registered. */
    static ServiceHost register(
            Rollcall rollcall,
            Listening server,
            Address address,
            List<Instance> instances,
            Duration linger,
            Duration finishWithin) {
        List<Registration> registrations = new ArrayList<>();
        try {
            instances.forEach(instance -> registrations.add(rollcall.register(instance)));
        } catch (RuntimeException refused) {
            leave(registrations);
            throw refused;
        }
        return new ServiceHost(server, address, List.copyOf(registrations), linger, finishWithin);
    }

    /** Has the host closed when the JVM is told to end, unless it is closed before. */
    void closeOnShutdown() {
        synchronized (closing) {
            Thread made = new Thread(this::close, "rollcall-host-close");
            try {
                Runtime.getRuntime().addShutdownHook(made);
                hook = made;
            } catch (IllegalStateException ending) {
                // The JVM is ending already and takes no more hooks.
            }
        }
    }

    private static void forget(@Nullable Thread hook) {
        if (hook != null && hook != Thread.currentThread()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException ending) {
                // It is running, and waits for us.
            }
        }
    }

    /** Where it listens, with the port that was chosen if it was started with port 0. */
    public Address address() {
        return address;
    }

    /** One for each service name. To wait until others can see it: {@code host.registrations().get(0).await(...)}. */
    public List<Registration> registrations() {
        return registrations;
    }

    /** Whether {@link #close()} was called. */
    public boolean leaving() {
        return leaving;
    }

    /**
     * Leaves, lingers, finishes and ends, as described above; takes at most the linger time, the time to finish and a few
     * seconds. When the calling thread is interrupted, it waits for nothing more. Idempotent; a second caller waits for the first.
     */
    @Override
    public void close() {
        leaving = true;
        synchronized (closing) {
            if (closed) {
                return;
            }
            closed = true;
            forget(hook);
            server.notServing();
            leave(registrations);
            server.finish(lingered() ? finishWithin : Duration.ZERO);
        }
    }

    private boolean lingered() {
        try {
            TimeUnit.NANOSECONDS.sleep(linger.toNanos());
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** All at the same time, since each takes a moment, and seconds when the registry is away. */
    private static void leave(List<Registration> registrations) {
        CountDownLatch left = new CountDownLatch(registrations.size());
        for (Registration registration : registrations) {
            Thread leave = new Thread(
                    () -> {
                        try {
                            registration.close();
                        } finally {
                            left.countDown();
                        }
                    },
                    "rollcall-host-leave");
            leave.setDaemon(true);
            leave.start();
        }
        try {
            left.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
