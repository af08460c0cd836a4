package dev.rollcall;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An immutable list of a service's instances at one revision of its registry.
 *
 * <p>{@link #candidates()} are those that calls should go to.
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

    private static final Comparator<Instance> BY_ID = Comparator.comparing(Instance::id)
            .thenComparing(instance -> instance.address().toString());

    private final String service;
    private final long revision;
    private final Candidates all;
    private final Set<Instance> suspects;
    private final Candidates candidates;
    private final Freshness freshness;
    private final long staleSince;
    private @Nullable List<Instance> sorted;

    private ServiceSnapshot(
            String service,
            long revision,
            Candidates all,
            Set<Instance> suspects,
            Candidates candidates,
            Freshness freshness,
            long staleSince) {
        this.service = Objects.requireNonNull(service, "service");
        this.revision = revision;
        this.all = all;
        this.suspects = suspects;
        this.candidates = candidates;
        this.freshness = freshness;
        this.staleSince = staleSince;
    }

    /** The snapshot before the first read. */
    public static ServiceSnapshot cold(String service) {
        return new ServiceSnapshot(service, 0, Candidates.NONE, Set.of(), Candidates.NONE, Freshness.COLD, 0);
    }

    /** A live snapshot of these instances; the list is copied. */
    public static ServiceSnapshot of(String service, long revision, List<Instance> instances) {
        return live(service, revision, Candidates.of(instances), Set.of(), true);
    }

    /**
     * For registries: a live snapshot of these instances.
     *
     * @param suspects a subset of the instances, by identity
     * @param inTiers false when all instances are known to be UP and none is suspect, which saves a look at each
     */
    public static ServiceSnapshot live(
            String service, long revision, Candidates all, Set<Instance> suspects, boolean inTiers) {
        Candidates candidates = inTiers ? bestTier(all, suspects) : all;
        return new ServiceSnapshot(service, revision, all, suspects, candidates, Freshness.LIVE, 0);
    }

    private static Candidates bestTier(Candidates all, Set<Instance> suspects) {
        List<Instance> up = new ArrayList<>(all.size());
        List<Instance> draining = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Instance instance = all.at(i);
            if (!suspects.contains(instance)) {
                (instance.status() == Status.UP ? up : draining).add(instance);
            }
        }
        if (up.size() == all.size() || (up.isEmpty() && draining.isEmpty())) {
            return all;
        }
        return Candidates.of(up.isEmpty() ? draining : up);
    }

    /** The same instances, marked stale since a {@link System#nanoTime()}; stale ones and cold ones stay as they are. */
    public ServiceSnapshot stale(long sinceNanos) {
        return freshness == Freshness.LIVE
                ? new ServiceSnapshot(service, revision, all, suspects, candidates, Freshness.STALE, sinceNanos)
                : this;
    }

    /** The same instances, known to be current again at this revision. */
    public ServiceSnapshot live(long atRevision) {
        return new ServiceSnapshot(service, atRevision, all, suspects, candidates, Freshness.LIVE, 0);
    }

    /** Only the instances that the filter takes; the same snapshot when it takes all. */
    ServiceSnapshot where(Predicate<? super Instance> filter) {
        List<Instance> taken = new ArrayList<>(all.size());
        for (int i = 0; i < all.size(); i++) {
            if (filter.test(all.at(i))) {
                taken.add(all.at(i));
            }
        }
        if (taken.size() == all.size()) {
            return this;
        }
        Candidates rest = Candidates.of(taken);
        return new ServiceSnapshot(service, revision, rest, suspects, bestTier(rest, suspects), freshness, staleSince);
    }

    public String service() {
        return service;
    }

    /** The registry's revision; grows with each change, but for a registry that was wiped or restored. */
    public long revision() {
        return revision;
    }

    /** All instances: UP, draining and suspect ones, sorted by id. Unmodifiable; sorted when first asked for. */
    public List<Instance> instances() {
        List<Instance> list = sorted;
        if (list == null) {
            Instance[] copy = new Instance[all.size()];
            Arrays.setAll(copy, all::at);
            Arrays.sort(copy, BY_ID);
            list = List.of(copy);
            sorted = list; // several threads may each do so, to the same effect
        }
        return list;
    }

    public int size() {
        return all.size();
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
        return "ServiceSnapshot[" + service + ", " + all.size() + " instances, revision " + revision + ", " + freshness
                + "]";
    }
}
