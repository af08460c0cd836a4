package dev.rollcall;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Registers services, finds them and calls them by name: the one object a program opens at its start and closes at its end.
 *
 * <pre>{@code
 * try (Rollcall rollcall = Rollcall.connect("etcd://127.0.0.1:2379")) {
 *     rollcall.register(Instance.of("hello.srv.say", "10.0.0.7", 8080));
 *     ServiceView users = rollcall.service("svc.user.agent");
 *     String token = users.call(instance -> login(instance));
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. All its threads are daemon threads. A program that registered something and is told to end
 * before it called {@link #close()} leaves gracefully all the same, unless the option {@code shutdown-hook} is {@code false}.
 */
public final class Rollcall implements Registry {
    private final Configuration configuration;
    private final EventBus events;
    private final Registry registry;
    private final Supplier<List<InetAddress>> ownAddresses;
    private final Set<HeldRegistration> registrations = ConcurrentHashMap.newKeySet();
    private final Set<FollowedSubscription> views = ConcurrentHashMap.newKeySet();
    private final Object closing = new Object();
    private volatile boolean closed;
    private @Nullable Thread hook;

    Rollcall(
            Configuration configuration, EventBus events, Registry registry, Supplier<List<InetAddress>> ownAddresses) {
        this.configuration = configuration;
        this.events = events;
        this.registry = registry;
        this.ownAddresses = ownAddresses;
    }

    /** Connects as the environment variables say, {@code MICRO_REGISTRY} and others; without any to etcd on this machine. */
    public static Rollcall connect() {
        return builder().connect();
    }

    /**
     * Connects to a registry by its URL, {@code etcd://user@h1:2379,h2:2379?ttl=30s}, or only its name; what the URL leaves open
     * comes from environment variables. Returns at once; the registry need not be there yet.
     *
     * @throws ConfigurationException when a setting is unknown or unusable
     */
    public static Rollcall connect(String url) {
        return builder().registry(url).connect();
    }

    /** Everything that can be set. */
    public static RollcallBuilder builder() {
        return new RollcallBuilder();
    }

    static Rollcall open(Configuration configuration, List<EventListener> listeners) {
        EventBus events = new EventBus();
        listeners.forEach(events::add);
        try {
            return new Rollcall(configuration, events, configuration.open(events), Advertised::ofThisMachine);
        } catch (RuntimeException | Error failed) {
            events.close();
            throw failed;
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>An address that listens everywhere, {@code 0.0.0.0} or {@code ::}, is replaced by this machine's first private address,
     * else public one, else loopback; {@link Registration#instance()} shows it and {@link Event.AddressReplaced} says so.
     */
    @Override
    public Registration register(Instance instance) {
        leaveWhenTheProgramEnds(); // before, since the program may be told to end as soon as others see the instance
        HeldRegistration held =
                new HeldRegistration(registry.register(callable(instance)), this::callable, registrations::remove);
        registrations.add(held);
        return held;
    }

    @Override
    public ServiceSnapshot lookup(String service) {
        return registry.lookup(service);
    }

    @Override
    public Set<String> services() {
        return registry.services();
    }

    @Override
    public Subscription watch(String service, SnapshotListener listener) {
        FollowedSubscription followed = new FollowedSubscription(registry.watch(service, listener), views::remove);
        views.add(followed);
        return followed;
    }

    /**
     * A view of a service; make one per service and keep it. Waits for the first list of instances, for 3 seconds at most (option
     * {@code wait}), and then returns the view COLD: it fills when the registry answers.
     */
    public ServiceView service(String service) {
        Subscription subscription = watch(service, SnapshotListener.NONE);
        subscription.await(configuration.waitForFirstList());
        events.on(new Event.ViewChanged(service, subscription.snapshot().freshness()));
        return ServiceView.over(subscription);
    }

    /** The registrations that are not closed, by service and id. */
    public List<Registration> registrations() {
        return registrations.stream()
                .filter(held -> held.state() != Registration.State.CLOSED)
                .sorted(Comparator.comparing(
                                (HeldRegistration held) -> held.instance().service())
                        .thenComparing(held -> held.instance().id()))
                .<Registration>map(held -> held)
                .toList();
    }

    /** The current snapshot of each service that has an open view or watch, by service. */
    public List<ServiceSnapshot> views() {
        Map<String, ServiceSnapshot> current = new TreeMap<>();
        for (FollowedSubscription view : views) {
            ServiceSnapshot snapshot = view.snapshot();
            current.putIfAbsent(snapshot.service(), snapshot);
        }
        return List.copyOf(current.values());
    }

    /** Whether every registration is REGISTERED and every view is live, and if not, why. */
    public Health health() {
        return Health.of(closed, registrations(), views);
    }

    /** The settings in effect, and where each came from. */
    public Configuration configuration() {
        return configuration;
    }

    /** Adds a listener; it hears what happens from now on, serially, on a thread of its own. */
    public EventListener.Handle events(EventListener listener) {
        return events.add(listener);
    }

    /** The registry's counters and {@code events.dropped}: events that a slow listener missed. */
    @Override
    public Map<String, Long> counters() {
        Map<String, Long> counters = new TreeMap<>(registry.counters());
        counters.put("events.dropped", events.dropped());
        return counters;
    }

    /**
     * Closes all views and registrations, these gracefully, and the registry; takes a few seconds at most. Idempotent; a second
     * caller waits for the first.
     */
    @Override
    public void close() {
        synchronized (closing) {
            if (closed) {
                return;
            }
            closed = true;
            Thread installed = hook;
            if (installed != null && installed != Thread.currentThread()) {
                forget(installed);
            }
            registry.close();
            List.copyOf(views).forEach(FollowedSubscription::close);
            registrations.clear();
            events.close();
        }
    }

    private Instance callable(Instance given) {
        Address address = Advertised.address(given.address(), ownAddresses);
        if (address.equals(given.address())) {
            return given;
        }
        Instance replaced = given.withAddress(address);
        events.on(new Event.AddressReplaced(replaced, given.address()));
        return replaced;
    }

    /**
     * The hook holds this object strongly, and exists only once there is something to leave: a program that only reads, or that
     * drops a Rollcall it never registered with, leaves nothing behind.
     */
    private void leaveWhenTheProgramEnds() {
        synchronized (closing) {
            if (hook != null || closed || !configuration.shutdownHook()) {
                return;
            }
            Thread leave = new Thread(this::close, "rollcall-leave");
            try {
                Runtime.getRuntime().addShutdownHook(leave);
                hook = leave;
            } catch (IllegalStateException ending) {
                // The JVM is ending already and takes no more hooks; the lease will end by itself.
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // It is running, and waits for us.
        }
    }
}
