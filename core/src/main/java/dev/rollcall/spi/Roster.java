package dev.rollcall.spi;

import dev.rollcall.Candidates;
import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The changing list of a service's instances that a registry keeps and takes snapshots of. The cost of a change hardly grows with
 * the list: one search, and a block copy or two. Not safe for use by several threads at once.
 */
public final class Roster {
    private final String service;
    private final Map<String, Integer> slots = new HashMap<>();
    private final List<String> keys = new ArrayList<>();
    private Candidates instances = Candidates.of(List.of());
    private final Map<String, Instance> suspects = new HashMap<>();
    private int draining;

    public Roster(String service) {
        this.service = service;
    }

    /**
     * Puts an instance under a key; a suspect one is trusted again.
     *
     * @return what this changed, if anything
     */
    public Optional<Change> put(String key, Instance instance) {
        boolean trusted = suspects.remove(key) != null;
        Integer slot = slots.get(key);
        if (slot == null) {
            slots.put(key, keys.size());
            keys.add(key);
            instances = instances.plus(instance);
            draining += count(instance);
            return Optional.of(new Change(Change.Kind.JOINED, instance));
        }
        Instance before = instances.at(slot);
        if (before.equals(instance)) {
            return trusted ? Optional.of(new Change(Change.Kind.UPDATED, before)) : Optional.empty();
        }
        instances = instances.with(slot, instance);
        draining += count(instance) - count(before);
        return Optional.of(new Change(Change.Kind.UPDATED, instance));
    }

    /**
     * Removes a key whose disappearance was seen: LEFT_GRACEFULLY when the instance was DRAINING, else LOST; with
     * {@code seen} false, LEFT.
     */
    public Optional<Change> remove(String key, boolean seen) {
        Integer slot = slots.remove(key);
        if (slot == null) {
            return Optional.empty();
        }
        suspects.remove(key);
        Instance gone = instances.at(slot);
        draining -= count(gone);
        int last = keys.size() - 1;
        String moved = keys.remove(last);
        if (slot < last) { // the last one fills the gap
            instances = instances.with(slot, instances.at(last));
            keys.set(slot, moved);
            slots.put(moved, slot);
        }
        instances = instances.withoutLast();
        Change.Kind kind = !seen
                ? Change.Kind.LEFT
                : gone.status() == Status.DRAINING ? Change.Kind.LEFT_GRACEFULLY : Change.Kind.LOST;
        return Optional.of(new Change(kind, gone));
    }

    /** Marks a key's instance suspect; answers whether it was there and was not suspect yet. */
    public boolean suspect(String key) {
        Instance instance = find(key);
        return instance != null && suspects.putIfAbsent(key, instance) == null;
    }

    /** The instance under a key. */
    public @Nullable Instance find(String key) {
        Integer slot = slots.get(key);
        return slot == null ? null : instances.at(slot);
    }

    public int size() {
        return keys.size();
    }

    /** The present list as an immutable live snapshot. */
    public ServiceSnapshot snapshot(long revision) {
        Set<Instance> doubted = Set.of();
        if (!suspects.isEmpty()) {
            doubted = Collections.newSetFromMap(new IdentityHashMap<>());
            doubted.addAll(suspects.values());
        }
        return ServiceSnapshot.live(service, revision, instances, doubted, draining > 0 || !suspects.isEmpty());
    }

    private static int count(Instance instance) {
        return instance.status() == Status.DRAINING ? 1 : 0;
    }
}
