package dev.rollcall.spi;

import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Status;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
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
    private String[] keys = new String[16];
    private @Nullable Instance[] instances = new Instance[16];
    private int size;
    /** What the last snapshot holds; null when it has changed since. */
    private Instance @Nullable [] published;

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
        int at = search(key);
        if (at < 0) {
            insert(-at - 1, key, instance);
            draining += count(instance);
            return Optional.of(new Change(Change.Kind.JOINED, instance));
        }
        Instance before = instances[at];
        if (before.equals(instance)) {
            return trusted ? Optional.of(new Change(Change.Kind.UPDATED, before)) : Optional.empty();
        }
        instances[at] = instance;
        published = null;
        draining += count(instance) - count(before);
        return Optional.of(new Change(Change.Kind.UPDATED, instance));
    }

    /**
     * Removes a key whose disappearance was seen: LEFT_GRACEFULLY when the instance was DRAINING, else LOST; with
     * {@code seen} false, LEFT.
     */
    public Optional<Change> remove(String key, boolean seen) {
        int at = search(key);
        if (at < 0) {
            return Optional.empty();
        }
        suspects.remove(key);
        Instance gone = instances[at];
        draining -= count(gone);
        size--;
        System.arraycopy(instances, at + 1, instances, at, size - at);
        System.arraycopy(keys, at + 1, keys, at, size - at);
        instances[size] = null;
        published = null;
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
        int at = search(key);
        return at < 0 ? null : instances[at];
    }

    public int size() {
        return size;
    }

    /** The present list as an immutable live snapshot. */
    public ServiceSnapshot snapshot(long revision) {
        Instance[] now = published;
        if (now == null) {
            now = Arrays.copyOf(instances, size);
            published = now;
        }
        Set<Instance> doubted = Set.of();
        if (!suspects.isEmpty()) {
            doubted = Collections.newSetFromMap(new IdentityHashMap<>());
            doubted.addAll(suspects.values());
        }
        return ServiceSnapshot.live(service, revision, now, doubted, draining > 0 || !suspects.isEmpty());
    }

    private static int count(Instance instance) {
        return instance.status() == Status.DRAINING ? 1 : 0;
    }

    private int search(String key) {
        return Arrays.binarySearch(keys, 0, size, key);
    }

    private void insert(int at, String key, Instance instance) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, size * 2);
            instances = Arrays.copyOf(instances, size * 2);
        }
        System.arraycopy(keys, at, keys, at + 1, size - at);
        System.arraycopy(instances, at, instances, at + 1, size - at);
        keys[at] = key;
        instances[at] = instance;
        size++;
        published = null;
    }
}
