package dev.rollcall;

import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.spi.ServiceFeed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A registry inside this JVM, for tests: nothing to start, nothing on the network. Each registry that is opened behaves as one
 * process; those of one name share what is registered, as {@code memory://name} does.
 *
 * <pre>{@code
 * Rollcall rollcall = Rollcall.connect("memory://shop-test");
 * MemoryRegistry other = MemoryRegistry.open("shop-test");
 * other.register(Instance.of("svc.pay", "10.0.0.9", 8080));
 * other.pause();    // now the registry is away for everybody
 * other.resume();
 * other.lose("svc.pay", id);    // as if its process had been killed
 * }</pre>
 *
 * <p>Safe for use by many threads. What happens to it is visible in {@link #lookup} at once, and to listeners a moment later.
 */
public final class MemoryRegistry implements Registry {
    private final MemoryStore store;
    private final EventListener events;
    private final ExecutorService callbacks = Executors.newCachedThreadPool(task -> {
        Thread made = new Thread(task, "rollcall-memory");
        made.setDaemon(true);
        return made;
    });
    private final Map<String, ServiceFeed> feeds = new HashMap<>();
    private final Map<List<String>, MemoryRegistration> own = new HashMap<>();
    private boolean closed;

    private MemoryRegistry(MemoryStore store, EventListener events) {
        this.store = store;
        this.events = events;
    }

    /** Opens a registry that shares what is registered with all others of this name; an empty name is shared with none. */
    public static MemoryRegistry open(String name) {
        return open(name, EventListener.NONE);
    }

    static MemoryRegistry open(String name, EventListener events) {
        return MemoryStore.join(name, store -> new MemoryRegistry(store, events));
    }

    @Override
    public Registration register(Instance instance) {
        instance.checkRegistrable();
        synchronized (store) {
            checkOpen();
            List<String> key = List.of(instance.service(), instance.id());
            MemoryRegistration first = own.get(key);
            if (first != null) {
                throw DuplicateRegistrationException.of(first.instance());
            }
            MemoryRegistration registration = new MemoryRegistration(store, instance, this);
            own.put(key, registration);
            registration.start();
            return registration;
        }
    }

    @Override
    public ServiceSnapshot lookup(String service) {
        synchronized (store) {
            checkOpen();
            return store.lookup(service);
        }
    }

    @Override
    public Set<String> services() {
        synchronized (store) {
            checkOpen();
            return store.services();
        }
    }

    @Override
    public Subscription watch(String service, SnapshotListener listener) {
        synchronized (store) {
            checkOpen();
            ServiceFeed feed = feeds.computeIfAbsent(service, this::follow);
            Subscription subscription = feed.subscribe(listener);
            if (subscription == null) {
                feeds.remove(service, feed);
                return watch(service, listener);
            }
            return subscription;
        }
    }

    /** Makes the registry unreachable for everybody: reads fail, views go stale, and writes wait for {@link #resume()}. */
    public void pause() {
        store.pause();
    }

    /** Ends {@link #pause()}. */
    public void resume() {
        store.resume();
    }

    /**
     * Takes an instance away as if its process had been killed and its lease had ended: everybody sees it {@linkplain
     * Change.Kind#LOST lost}. Its registration is RECOVERING until it is updated or closed.
     */
    public void lose(String service, String id) {
        store.lose(service, id);
    }

    @Override
    public void close() {
        List<MemoryRegistration> registrations;
        List<ServiceFeed> ended;
        synchronized (store) {
            if (closed) {
                return;
            }
            closed = true;
            registrations = List.copyOf(own.values());
            ended = List.copyOf(feeds.values());
        }
        registrations.forEach(MemoryRegistration::close);
        ended.forEach(ServiceFeed::close);
        store.leave(this);
        callbacks.shutdown();
    }

    EventListener events() {
        return events;
    }

    /** Called by the store, under its lock. */
    Map<String, ServiceFeed> feeds() {
        return feeds;
    }

    /** Called by a closed registration, under the store's lock. */
    void forget(MemoryRegistration registration) {
        Instance instance = registration.instance();
        own.remove(List.of(instance.service(), instance.id()), registration);
    }

    private ServiceFeed follow(String service) {
        AtomicReference<ServiceFeed> self = new AtomicReference<>();
        ServiceFeed feed = new ServiceFeed(service, callbacks, events, () -> unfollow(service, self.get()));
        self.set(feed);
        store.fill(feed);
        return feed;
    }

    private void unfollow(String service, @Nullable ServiceFeed feed) {
        synchronized (store) {
            feeds.remove(service, feed);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the registry is closed");
        }
    }

    /** Opens {@code memory:} and {@code memory://name}. */
    public static final class Provider implements RegistryProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("memory");
        }

        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public Registry open(RegistrySettings settings, EventListener events) {
            if (!settings.options().isEmpty()) {
                throw new ConfigurationException("option "
                        + Text.quote(settings.options().keySet().iterator().next())
                        + ": unknown to memory (expected: none)");
            }
            return MemoryRegistry.open(String.join(",", settings.addresses()), events);
        }
    }
}
