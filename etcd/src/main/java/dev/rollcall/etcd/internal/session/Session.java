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
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Reply;
import dev.rollcall.etcd.internal.client.Watches;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.time.Duration;
import java.util.HashMap;
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

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** How much longer it may take for each that leaves at the same time: they take turns. */
    private static final Duration MORE_FOR_EACH = Duration.ofMillis(5);

    /** How long to wait for the end of it beyond that, for the way here. */
    static final Duration ON_THE_WAY = Duration.ofMillis(500);

    private final Engine engine;
    private final Client client;
    private final Watches watches;
    private final Leases leases;
    private final SharedLease sharedLease;
    private final Turns turns;
    private final Transactions transactions;
    private final List<Layout> layouts;
    private final Duration ttl;
    /** Whether all layouts bear it that keys of several instances change in one revision. */
    private final boolean together;

    private final Backoff jointPauses;
    private final Set<Keeper> keepers = new LinkedHashSet<>();
    /** Who in this process has which name and which keys; the lock of itself and of {@code closed}. */
    private final Map<ByteString, EtcdRegistration> held = new HashMap<>();

    private boolean closed;
    private @Nullable Connection connection;

    /**
     * @param layouts to write; each instance is written in all of them
     * @param ttl of leases
     */
    public Session(Engine engine, Client client, Watches watches, List<Layout> layouts, Duration ttl) {
        this.engine = engine;
        this.client = client;
        this.watches = watches;
        this.leases = new Leases(engine);
        this.sharedLease = new SharedLease(leases);
        this.turns = new Turns(engine);
        this.layouts = List.copyOf(layouts);
        this.ttl = ttl;
        this.together = this.layouts.stream().allMatch(Layout::severalPerRevision);
        this.transactions = new Transactions(engine, together);
        this.jointPauses = Backoff.joint(engine, longestPause());
    }

    /** Registers an instance; any thread. */
    public EtcdRegistration register(Instance instance) {
        EtcdRegistration registration = new EtcdRegistration(this, engine, instance);
        Map<ByteString, Refusal> names = names(instance);
        synchronized (held) {
            if (closed) {
                throw new UnavailableException("registration of " + Text.quote(instance.id()) + ": closed");
            }
            claim(registration, instance, names);
        }
        engine.run(() -> {
            Keeper keeper = new Keeper(this, registration, instance);
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
     * @throws DuplicateRegistrationException when another registration has one of the keys, or the address where it may stand once only
     */
    void change(EtcdRegistration registration, Instance changed) {
        Map<ByteString, Refusal> names = names(changed);
        synchronized (held) {
            if (!registration.names().isEmpty()) { // else it has left
                claim(registration, changed, names);
            }
        }
    }

    private void claim(EtcdRegistration registration, Instance wanted, Map<ByteString, Refusal> names) {
        names.forEach((name, refusal) -> {
            EtcdRegistration holder = held.get(name);
            if (holder != null && holder != registration) {
                throw refusal.of(wanted, holder.instance());
            }
        });
        registration.names().forEach(held::remove);
        registration.named(names.keySet());
        registration.names().forEach(name -> held.put(name, registration));
    }

    /** Whether a registration other than this has a key. */
    boolean holds(ByteString key, EtcdRegistration otherThan) {
        synchronized (held) {
            EtcdRegistration holder = held.get(key);
            return holder != null && holder != otherThan;
        }
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
        engine.run(() -> all.forEach(registration -> registration.beginToLeave(within))); // in one go
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
        sharedLease.disconnected();
        turns.disconnected();
        transactions.disconnected();
        List.copyOf(keepers).forEach(Keeper::disconnected);
    }

    Engine engine() {
        return engine;
    }

    /** Gives an instance a lease: one that it shares where readers bear it that all its keys go in one revision, and no key names it. */
    void grant(Connection on, Instance instance, Reply<Lease> reply) {
        if (together && namingLease(instance).isEmpty()) {
            sharedLease.take(on, ttl, reply);
        } else {
            leases.grant(on, ttl, reply);
        }
    }

    /**
     * Whether a change needs a new lease: a key that names its lease never changes its value, since go-zero's readers forget no value
     * of a key.
     */
    boolean moves(Instance before, Instance after) {
        return !namingLease(before).equals(namingLease(after));
    }

    private Map<ByteString, ByteString> namingLease(Instance instance) {
        Map<ByteString, ByteString> naming = new HashMap<>(encode(instance, 1).own());
        naming.keySet().removeAll(encode(instance, 0).own().keySet());
        return naming;
    }

    Transactions transactions() {
        return transactions;
    }

    /** Those between the steps of a registration: those that write together wait together. */
    Backoff pauses() {
        return together ? jointPauses : backoff();
    }

    Backoff backoff() {
        return new Backoff(engine, longestPause());
    }

    private Duration longestPause() {
        Duration quarter = ttl.dividedBy(4);
        return quarter.compareTo(LONGEST_PAUSE) < 0 ? quarter : LONGEST_PAUSE;
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

    private interface Refusal {
        DuplicateRegistrationException of(Instance wanted, Instance holder);
    }

    /**
     * What an instance alone may have, and what another is told who wants it: its name, its keys in every layout, and its address
     * where that is all that readers know of it. Refuses one that could not be written, or not leave.
     */
    private Map<ByteString, Refusal> names(Instance instance) {
        encode(instance.withStatus(Status.DRAINING), 0);
        Map<ByteString, Refusal> names = new LinkedHashMap<>();
        names.put(
                ByteString.copyFromUtf8(instance.service() + '\0' + instance.id()),
                (wanted, holder) -> DuplicateRegistrationException.of(holder));
        for (Layout layout : layouts) {
            if (layout.knownByAddress()) {
                names.put(
                        ByteString.copyFromUtf8(layout.prefix(instance.service()) + '\0' + instance.address()),
                        (wanted, holder) -> DuplicateRegistrationException.sameAddress(wanted, holder, layout.name()));
            }
        }
        encode(instance, 0)
                .own()
                .keySet()
                .forEach(key -> names.putIfAbsent(key, DuplicateRegistrationException::sameKey));
        return names;
    }

    /**
     * Keys and values of an instance.
     *
     * @param shared those that are put beside its own
     */
    record Encoded(Map<ByteString, ByteString> own, Map<ByteString, ByteString> shared) {}

    /** The keys and values of an instance, in every layout; without a lease, which is 0, those that do not depend on it. */
    Encoded encode(Instance instance, long lease) {
        Encoded all = new Encoded(new LinkedHashMap<>(), new LinkedHashMap<>());
        for (Layout layout : layouts) {
            for (Layout.Entry entry : lease == 0 ? layout.encode(instance) : layout.encode(instance, lease)) {
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
