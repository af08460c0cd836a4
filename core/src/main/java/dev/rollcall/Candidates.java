package dev.rollcall;

import java.util.List;

/**
 * The instances a balancer chooses from: the best non-empty tier of a snapshot. Immutable; the same object as long as the same
 * instances are to choose from, so a balancer may cache what it computes from one.
 */
public final class Candidates {
    static final Candidates NONE = new Candidates(new Instance[0]);

    private final Instance[] instances;

    Candidates(Instance[] instances) {
        this.instances = instances;
    }

    /** Candidates for a balancer's test; the list is copied. */
    public static Candidates of(List<Instance> instances) {
        return instances.isEmpty() ? NONE : new Candidates(instances.toArray(new Instance[0]));
    }

    public int size() {
        return instances.length;
    }

    /** The instance at an index from 0 to {@link #size()} - 1. */
    public Instance at(int index) {
        return instances[index];
    }
}
