package dev.rollcall;

import dev.rollcall.spi.Roster;
import dev.rollcall.spi.ServiceFeed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * What the {@link MemoryRegistry}s of one name share. Its monitor guards everything of theirs that changes; only feeds and the
 * event listener are called under it, which hand over to other threads.
 */
final class MemoryStore {
    private static final Map<String, MemoryStore> NAMED = new HashMap<>();

    private final String name;
    private final List<MemoryRegistry> registries = new ArrayList<>();
    private final Map<String, Roster> rosters = new TreeMap<>();
    /** Who wants each key; the last one has it. */
    private final Map<List<String>, Deque<MemoryRegistration>> claims = new HashMap<>();

    private final List<Runnable> delayed = new ArrayList<>();
    private boolean away;
    private long revision;

    private MemoryStore(String name) {
        this.name = name;
    }

    static MemoryRegistry join(String name, Function<MemoryStore, MemoryRegistry> open) {
        synchronized (NAMED) {
            MemoryStore store = name.isEmpty() ? new MemoryStore(name) : NAMED.computeIfAbsent(name, MemoryStore::new);
            MemoryRegistry registry = open.apply(store);
            synchronized (store) {
                store.registries.add(registry);
            }
            return registry;
        }
    }

    void leave(MemoryRegistry registry) {
        synchronized (NAMED) {
            synchronized (this) {
                registries.remove(registry);
                if (registries.isEmpty()) {
                    NAMED.remove(name, this);
                }
            }
        }
    }

    synchronized void pause() {
        if (away) {
            return;
        }
        away = true;
        long since = System.nanoTime();
        everyFeed((registry, feed) -> {
            feed.problem(problem());
            feed.publish(feed.current().stale(since), List.of());
            tell(registry, feed);
        });
    }

    synchronized void resume() {
        if (!away) {
            return;
        }
        away = false;
        everyFeed((registry, feed) -> {
            fill(feed);
            tell(registry, feed);
        });
        List<Runnable> writes = List.copyOf(delayed);
        delayed.clear();
        writes.forEach(Runnable::run);
    }

    synchronized void lose(String service, String id) {
        whenThere(() -> {
            Deque<MemoryRegistration> wanting = claims.get(List.of(service, id));
            MemoryRegistration lost = wanting == null ? null : wanting.peekLast();
            if (lost != null) {
                remove(service, id);
                lost.become(
                        Registration.State.RECOVERING,
                        new UnavailableException("registration: taken away by MemoryRegistry.lose"));
                unclaim(lost);
            }
        });
    }

    boolean away() {
        return away;
    }

    UnavailableException problem() {
        return new UnavailableException("memory: paused (expected: resumed)");
    }

    ServiceSnapshot lookup(String service) {
        if (away) {
            throw problem();
        }
        Roster roster = rosters.get(service);
        return roster == null ? ServiceSnapshot.of(service, revision, List.of()) : roster.snapshot(revision);
    }

    Set<String> services() {
        if (away) {
            throw problem();
        }
        return new TreeSet<>(rosters.keySet());
    }

    /** Gives a feed the present state, if it can be read. */
    void fill(ServiceFeed feed) {
        if (away) {
            feed.problem(problem());
        } else {
            feed.publish(lookup(feed.current().service()), List.of());
        }
    }

    /** Runs a write now, or when the registry is back. */
    void whenThere(Runnable write) {
        if (away) {
            delayed.add(write);
        } else {
            write.run();
        }
    }

    /** Writes the registration's instance; whoever had the key before is superseded. */
    void claim(MemoryRegistration registration) {
        Deque<MemoryRegistration> wanting =
                claims.computeIfAbsent(key(registration.instance()), key -> new ArrayDeque<>());
        if (wanting.contains(registration)) {
            write(registration);
            return;
        }
        MemoryRegistration before = wanting.peekLast();
        wanting.addLast(registration);
        if (before != null) {
            before.become(
                    Registration.State.SUPERSEDED,
                    SupersededException.of(
                            before.instance(), registration.instance().address().toString()));
        }
        write(registration);
    }

    /** Removes what the registration wrote, DRAINING first. */
    void leave(MemoryRegistration registration) {
        Deque<MemoryRegistration> wanting = claims.get(key(registration.instance()));
        if (wanting != null && wanting.peekLast() == registration) {
            put(registration.instance().withStatus(Status.DRAINING));
            remove(registration.instance().service(), registration.instance().id());
        }
        unclaim(registration);
    }

    private void unclaim(MemoryRegistration registration) {
        List<String> key = key(registration.instance());
        Deque<MemoryRegistration> wanting = claims.get(key);
        if (wanting == null) {
            return;
        }
        wanting.remove(registration);
        MemoryRegistration next = wanting.peekLast();
        if (next == null) {
            claims.remove(key);
        } else {
            write(next);
        }
    }

    private void write(MemoryRegistration registration) {
        Deque<MemoryRegistration> wanting = claims.get(key(registration.instance()));
        if (wanting != null && wanting.peekLast() == registration) {
            put(registration.instance());
            registration.become(Registration.State.REGISTERED, null);
        }
    }

    private void put(Instance instance) {
        Roster roster = rosters.computeIfAbsent(instance.service(), Roster::new);
        publish(instance.service(), roster, roster.put(instance.id(), instance));
    }

    private void remove(String service, String id) {
        Roster roster = rosters.get(service);
        if (roster == null) {
            return;
        }
        Optional<Change> change = roster.remove(id, true);
        if (roster.size() == 0) {
            rosters.remove(service);
        }
        publish(service, roster, change);
    }

    private void publish(String service, Roster roster, Optional<Change> change) {
        if (change.isEmpty()) {
            return;
        }
        ServiceSnapshot snapshot = roster.snapshot(++revision);
        for (MemoryRegistry registry : registries) {
            ServiceFeed feed = registry.feeds().get(service);
            if (feed != null) {
                feed.publish(snapshot, List.of(change.get()));
            }
        }
    }

    private void everyFeed(BiConsumer<MemoryRegistry, ServiceFeed> action) {
        for (MemoryRegistry registry : registries) {
            registry.feeds().values().forEach(feed -> action.accept(registry, feed));
        }
    }

    private static void tell(MemoryRegistry registry, ServiceFeed feed) {
        ServiceSnapshot now = feed.current();
        registry.events().on(new Event.ViewChanged(now.service(), now.freshness()));
    }

    private static List<String> key(Instance instance) {
        return List.of(instance.service(), instance.id());
    }
}
