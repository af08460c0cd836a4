package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.DuplicateRegistrationException;
import dev.rollcall.Instance;
import dev.rollcall.RollcallException;
import dev.rollcall.Status;
import dev.rollcall.Text;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Watches;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Everything that keeps this process's instances registered. */
public final class Session implements Client.Listener {
    /** How long leaving may take. */
    static final Duration LEAVE_WITHIN = Duration.ofSeconds(3);

    /** How much longer it may take for each that leaves at the same time: they take turns. */
    private static final Duration MORE_FOR_EACH = Duration.ofMillis(5);

    /** How long to wait for the end of it beyond that, for the way here. */
    static final Duration ON_THE_WAY = Duration.ofMillis(500);

    private final Engine engine;
    private final Client client;
    private final Watches watches;
    private final Leases leases;
    private final Turns turns;
    private final List<Layout> layouts;
    private final Set<Keeper> keepers = new LinkedHashSet<>();
    /** Who in this process has which name and which keys; the lock of itself and of {@code closed}. */
    private final Map<ByteString, EtcdRegistration> held = new HashMap<>();

    private boolean closed;
    private @Nullable Connection connection;

    /** @param layouts to write; each instance is written in all of them */
    public Session(Engine engine, Client client, Watches watches, List<Layout> layouts) {
        this.engine = engine;
        this.client = client;
        this.watches = watches;
        this.leases = new Leases(engine);
        this.turns = new Turns(engine);
        this.layouts = List.copyOf(layouts);
    }

    /** Registers an instance whose TTL this is; any thread. */
    public EtcdRegistration register(Instance instance, Duration ttl) {
        EtcdRegistration registration = new EtcdRegistration(this, engine, instance);
        Set<ByteString> names = names(instance);
        synchronized (held) {
            if (closed) {
                throw new UnavailableException("registration of " + Text.quote(instance.id()) + ": closed");
            }
            claim(registration, names);
        }
        engine.run(() -> {
            Keeper keeper = new Keeper(this, registration, instance, ttl);
            registration.keptBy(keeper);
            keepers.add(keeper);
            keeper.start();
        });
        return registration;
    }

    /**
     * Gives a registration the keys of its changed instance in place of those it had; any thread.
     *
     * @throws dev.rollcall.InvalidInstanceException for what a layout cannot carry
     * @throws DuplicateRegistrationException when another registration has one of the keys
     */
    void change(EtcdRegistration registration, Instance changed) {
        Set<ByteString> names = names(changed);
        synchronized (held) {
            if (!registration.names().isEmpty()) { // else it has left
                claim(registration, names);
            }
        }
    }

    private void claim(EtcdRegistration registration, Set<ByteString> names) {
        for (ByteString name : names) {
            EtcdRegistration holder = held.get(name);
            if (holder != null && holder != registration) {
                throw DuplicateRegistrationException.of(holder.instance());
            }
        }
        registration.names().forEach(held::remove);
        registration.named(names);
        names.forEach(name -> held.put(name, registration));
    }

    /** The registrations that are not closed; any thread. */
    public List<EtcdRegistration> registrations() {
        synchronized (held) {
            return held.values().stream().distinct().toList();
        }
    }

    /** Begins to leave with every registration at once, and waits for all; not on the engine's own threads. */
    public void close() {
        synchronized (held) {
            closed = true;
        }
        List<EtcdRegistration> all = registrations();
        Duration within = LEAVE_WITHIN.plus(MORE_FOR_EACH.multipliedBy(all.size()));
        all.forEach(registration -> registration.beginToLeave(within));
        long end = System.nanoTime() + within.plus(ON_THE_WAY).toNanos();
        all.forEach(registration -> registration.awaitClosed(Duration.ofNanos(end - System.nanoTime())));
    }

    @Override
    public void connected(Connection made) {
        connection = made;
        leases.connected(made);
        List.copyOf(keepers).forEach(Keeper::connected);
    }

    @Override
    public void disconnected() {
        connection = null;
        leases.disconnected();
        turns.disconnected();
        List.copyOf(keepers).forEach(Keeper::disconnected);
    }

    Engine engine() {
        return engine;
    }

    Leases leases() {
        return leases;
    }

    Turns turns() {
        return turns;
    }

    Watches watches() {
        return watches;
    }

    @Nullable
    Connection connection() {
        return connection;
    }

    /** Whether a reader can be told that an instance is draining. */
    boolean drains() {
        return layouts.stream().anyMatch(layout -> layout.carries().contains(Layout.Part.STATUS));
    }

    /** What an instance alone may have: its name, and its keys in every layout; refuses one that could not be written, or not leave. */
    private Set<ByteString> names(Instance instance) {
        encode(instance.withStatus(Status.DRAINING), null);
        Set<ByteString> names = new HashSet<>(encode(instance, null).own().keySet());
        names.add(ByteString.copyFromUtf8(instance.service() + '\0' + instance.id()));
        return names;
    }

    /**
     * Keys and values of an instance.
     *
     * @param shared those that are put beside its own
     */
    record Encoded(Map<ByteString, ByteString> own, Map<ByteString, ByteString> shared) {}

    /** The keys and values of an instance, in every layout; without a lease those that do not depend on it. */
    Encoded encode(Instance instance, @Nullable Lease lease) {
        Encoded all = new Encoded(new LinkedHashMap<>(), new LinkedHashMap<>());
        for (Layout layout : layouts) {
            for (Layout.Entry entry : lease == null ? layout.encode(instance) : layout.encode(instance, lease.id)) {
                (entry.shared() ? all.shared() : all.own())
                        .put(ByteString.copyFromUtf8(entry.key()), UnsafeByteOperations.unsafeWrap(entry.value()));
            }
        }
        return all;
    }

    /** Where the instance in a key says it is, for people. */
    String addressIn(KeyValue found) {
        for (Layout layout : layouts) {
            try {
                return layout.decode(
                                found.getKey().toStringUtf8(), found.getValue().toByteArray())
                        .address()
                        .toString();
            } catch (UnreadableValueException | RuntimeException e) {
                // perhaps another layout's key; and a bug in one must not stop what is kept here
            }
        }
        return "an unknown address";
    }

    /** The reason why there is no connection, or what else is wrong. */
    RollcallException problem(String otherwise) {
        return client.problem().orElseGet(() -> new UnavailableException(otherwise));
    }

    /** Forgets one that is closed, so that its name is free again. */
    void left(Keeper keeper, EtcdRegistration registration) {
        keepers.remove(keeper);
        synchronized (held) {
            registration.names().forEach(held::remove);
            registration.named(Set.of());
        }
    }
}
