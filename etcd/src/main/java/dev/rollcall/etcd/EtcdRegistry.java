package dev.rollcall.etcd;

import dev.rollcall.EventListener;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registry;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Watches;
import dev.rollcall.etcd.internal.session.Session;
import dev.rollcall.etcd.internal.view.Views;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * The registry on etcd v3: one active connection, one watch stream and one keepalive stream, however many services and
 * registrations. Opened through {@link dev.rollcall.Rollcall} by an {@code etcd://} URL.
 */
final class EtcdRegistry implements Registry {
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);

    private final EtcdSettings settings;
    private final Engine engine;
    private final Client client;
    private final Session session;
    private final Views views;
    private final ScheduledThreadPoolExecutor timers;
    private final ExecutorService callbacks;
    private volatile boolean closed;

    EtcdRegistry(EtcdSettings settings, EventListener events) {
        this.settings = settings;
        timers = new ScheduledThreadPoolExecutor(1, daemon("rollcall-timers"));
        timers.setRemoveOnCancelPolicy(true);
        callbacks = Executors.newCachedThreadPool(daemon("rollcall-callbacks"));
        EventListener reports = new EventLog(events);
        engine = new Engine(timers, System::nanoTime, RandomGenerator.getDefault(), reports);
        client = new Client(engine, settings.client());
        Watches watches = new Watches(engine);
        session = new Session(engine, client, watches, settings.written(), settings.ttl());
        views = new Views(engine, client, watches, settings.views(), callbacks, reports);
        engine.run(() -> {
            client.listen(watches);
            client.listen(session);
            client.listen(views);
        });
        client.start();
    }

    /** Waits for etcd to answer, and fails with the reason when it does not within the time. */
    void awaitConnected(Duration atMost) {
        await(client.ask("connect to etcd", atMost, (on, reply) -> reply.answered(true)), atMost);
    }

    @Override
    public Registration register(Instance instance) {
        checkOpen();
        return session.register(instance.checkRegistrable());
    }

    @Override
    public ServiceSnapshot lookup(String service) {
        checkOpen();
        return await(views.lookup(service), settings.views().timeout());
    }

    @Override
    public Set<String> services() {
        checkOpen();
        return await(views.services(), settings.views().timeout());
    }

    @Override
    public Subscription watch(String service, SnapshotListener listener) {
        checkOpen();
        return views.watch(service, listener);
    }

    @Override
    public Map<String, Long> counters() {
        return engine.counters();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        session.close();
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        engine.run(() -> {
            views.close();
            client.close();
            done.complete(true);
        });
        try {
            done.get(CLOSE_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the engine does not come to an end", e);
        } finally {
            timers.shutdownNow();
            callbacks.shutdown();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the registry is closed");
        }
    }

    /** The engine answers within the time it was given; a little more is for the way here. */
    private static <T> T await(CompletableFuture<T> answer, Duration atMost) {
        try {
            return answer.get(atMost.plus(CLOSE_WITHIN).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("interrupted while waiting for etcd", e);
        } catch (TimeoutException e) {
            throw new UnavailableException("no answer in " + atMost.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RollcallException known) {
                known.addSuppressed(e); // whose stack shows where it was asked
                throw known;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
