package dev.rollcall.etcd.internal.view;

import dev.rollcall.Address;
import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Status;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.spi.Roster;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A service's instances as the keys of all layouts tell of them. With one layout each key is an instance. With several, what keys say of
 * one address is one instance, and the layout that carries most speaks for it; of equal ones the key that came first.
 */
final class Pool {
    private record Said(Layout layout, Instance instance, boolean suspect) {
        int richness() {
            return layout.carries().size();
        }
    }

    private final Roster roster;
    private final boolean merging;
    /** What is said of each address, by key; only when merging. */
    private final Map<Address, Map<String, Said>> told = new HashMap<>();

    private final Map<String, Address> addresses = new HashMap<>();

    Pool(String service, boolean merging) {
        this.roster = new Roster(service);
        this.merging = merging;
    }

    /** A key is there; answers what of this is new. */
    Optional<Change> put(Layout layout, String key, Instance instance) {
        if (!merging) {
            return roster.put(key, instance);
        }
        Address address = instance.address();
        Address before = addresses.put(key, address);
        Optional<Change> moved =
                before == null || before.equals(address) ? Optional.empty() : forget(key, before, false);
        told.computeIfAbsent(address, none -> new LinkedHashMap<>()).put(key, new Said(layout, instance, false));
        Optional<Change> shown = show(address);
        return shown.isPresent() ? shown : moved;
    }

    /** A key is gone; {@code seen} as in {@link Roster#remove}. */
    Optional<Change> remove(String key, boolean seen) {
        if (!merging) {
            return roster.remove(key, seen);
        }
        Address address = addresses.remove(key);
        return address == null ? Optional.empty() : forget(key, address, seen);
    }

    private Optional<Change> forget(String key, Address address, boolean seen) {
        Map<String, Said> all = told.getOrDefault(address, Map.of());
        all.remove(key);
        if (!all.isEmpty()) {
            return show(address);
        }
        told.remove(address);
        return roster.remove(address.toString(), seen);
    }

    /** An instance that is still listed is no longer vouched for; answers what of this is new. */
    Optional<Change> suspect(String key) {
        if (!merging) {
            return roster.suspect(key) ? Optional.ofNullable(roster.find(key)).map(Pool::updated) : Optional.empty();
        }
        Address address = addresses.get(key);
        if (address == null) {
            return Optional.empty();
        }
        told.getOrDefault(address, Map.of())
                .computeIfPresent(key, (same, said) -> new Said(said.layout(), said.instance(), true));
        return show(address);
    }

    /** The instance that a key tells of, as it tells of it. */
    @Nullable
    Instance find(String key) {
        if (!merging) {
            return roster.find(key);
        }
        Address address = addresses.get(key);
        Said said =
                address == null ? null : told.getOrDefault(address, Map.of()).get(key);
        return said == null ? null : said.instance();
    }

    private Optional<Change> show(Address address) {
        String slot = address.toString();
        Map<String, Said> all = told.getOrDefault(address, Map.of());
        Optional<Said> vouched = best(all, false);
        Said best = vouched.or(() -> best(all, true)).orElseThrow();
        Instance before = roster.find(slot);
        Instance now = best.instance();
        if (before != null
                && before.status() == Status.DRAINING
                && !best.layout().carries().contains(Layout.Part.STATUS)) {
            now = now.withStatus(Status.DRAINING); // whose key goes last cannot say that it is leaving
        }
        if (vouched.isPresent()) {
            return roster.put(slot, now);
        }
        return roster.suspect(slot) ? Optional.of(updated(now)) : Optional.empty();
    }

    private static Optional<Said> best(Map<String, Said> all, boolean suspect) {
        return all.values().stream()
                .filter(said -> said.suspect() == suspect)
                .reduce((first, next) -> next.richness() > first.richness() ? next : first);
    }

    private static Change updated(Instance instance) {
        return new Change(Change.Kind.UPDATED, instance);
    }

    ServiceSnapshot snapshot(long revision) {
        return roster.snapshot(revision);
    }
}
