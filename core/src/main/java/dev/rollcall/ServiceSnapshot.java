package dev.rollcall;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * An immutable list of a service's instances at one revision of its registry.
 *
 * <p>The instances are sorted by their key in the registry. {@link #candidates()} are those that calls should go to.
 */
public final class ServiceSnapshot {
    /** How current a snapshot is. */
    public enum Freshness {
        /** Nothing was read yet; the list is empty. */
        COLD,
        /** The registry's state but for the way from there to here. */
        LIVE,
        /** The registry is away: this is the last state known. */
        STALE
    }

    private final String service;
    private final long revision;
    private final Instance[] instances;
    private final Set<Instance> suspects;
    private final Candidates candidates;
    private final Freshness freshness;
    private final long staleSince;

    private ServiceSnapshot(
            String service,
            long revision,
            Instance[] instances,
            Set<Instance> suspects,
            Candidates candidates,
            Freshness freshness,
            long staleSince) {
        this.service = Objects.requireNonNull(service, "service");
        this.revision = revision;
        this.instances = instances;
        this.suspects = suspects;
        this.candidates = candidates;
        this.freshness = freshness;
        this.staleSince = staleSince;
    }

    /** The snapshot before the first read. */
    public static ServiceSnapshot cold(String service) {
        return new ServiceSnapshot(service, 0, new Instance[0], Set.of(), Candidates.NONE, Freshness.COLD, 0);
    }

    /** A live snapshot of these instances; the list is copied. */
    public static ServiceSnapshot of(String service, long revision, List<Instance> instances) {
        return live(service, revision, instances.toArray(new Instance[0]), Set.of(), true);
    }

    /**
     * For registries: a live snapshot that takes the array and the set over, without a copy.
     *
     * @param suspects a subset of the instances, by identity
     * @param inTiers false when all instances are known to be UP and none is suspect, which saves a look at each
     */
    @SuppressWarnings("AvoidObjectArrays") // copying is what this avoids
    public static ServiceSnapshot live(
            String service, long revision, Instance[] instances, Set<Instance> suspects, boolean inTiers) {
        Candidates candidates = inTiers ? bestTier(instances, suspects) : new Candidates(instances);
        return new ServiceSnapshot(service, revision, instances, suspects, candidates, Freshness.LIVE, 0);
    }

    private static Candidates bestTier(Instance[] instances, Set<Instance> suspects) {
        List<Instance> up = new ArrayList<>(instances.length);
        List<Instance> draining = new ArrayList<>();
        for (Instance instance : instances) {
            if (suspects.contains(instance)) {
                continue;
            }
            (instance.status() == Status.UP ? up : draining).add(instance);
        }
        if (up.size() == instances.length) {
            return new Candidates(instances);
        }
        if (up.isEmpty()) {
            return draining.isEmpty() ? new Candidates(instances) : Candidates.of(draining);
        }
        return Candidates.of(up);
    }

    /** The same instances, marked stale since a {@link System#nanoTime()}; stale ones and cold ones stay as they are. */
    public ServiceSnapshot stale(long sinceNanos) {
        return freshness == Freshness.LIVE
                ? new ServiceSnapshot(service, revision, instances, suspects, candidates, Freshness.STALE, sinceNanos)
                : this;
    }

    /** The same instances, known to be current again at this revision. */
    public ServiceSnapshot live(long atRevision) {
        return new ServiceSnapshot(service, atRevision, instances, suspects, candidates, Freshness.LIVE, 0);
    }

    /** Only the instances that the filter takes; the same snapshot when it takes all. */
    ServiceSnapshot where(Predicate<? super Instance> filter) {
        Instance[] taken = Arrays.stream(instances).filter(filter).toArray(Instance[]::new);
        return taken.length == instances.length
                ? this
                : new ServiceSnapshot(
                        service, revision, taken, suspects, bestTier(taken, suspects), freshness, staleSince);
    }

    public String service() {
        return service;
    }

    /** The registry's revision; grows with each change, but for a registry that was wiped or restored. */
    public long revision() {
        return revision;
    }

    /** All instances: UP, draining and suspect ones. Unmodifiable. */
    public List<Instance> instances() {
        return Collections.unmodifiableList(Arrays.asList(instances));
    }

    public int size() {
        return instances.length;
    }

    /** UP instances that are not suspect; if there are none the draining ones; if there are none of these the suspect ones. */
    public Candidates candidates() {
        return candidates;
    }

    /**
     * Whether the instance is only kept because the registry lost it in an accident of its own (it was wiped or restored): it
     * may be registered again any moment, or be gone.
     */
    public boolean suspect(Instance instance) {
        return suspects.contains(instance);
    }

    public Freshness freshness() {
        return freshness;
    }

    /** For how long the registry has been away; zero unless {@link Freshness#STALE}. */
    public Duration staleFor() {
        return freshness == Freshness.STALE ? Duration.ofNanos(System.nanoTime() - staleSince) : Duration.ZERO;
    }

    @Override
    public String toString() {
        return "ServiceSnapshot[" + service + ", " + instances.length + " instances, revision " + revision + ", "
                + freshness + "]";
    }
}
