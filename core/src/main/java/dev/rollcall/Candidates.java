package dev.rollcall;

import java.util.Arrays;
import java.util.List;

/**
 * The instances a balancer chooses from: the best non-empty tier of a snapshot. Immutable; the same object as long as the same
 * instances are to choose from, so a balancer may cache what it computes from one.
 *
 * <p>It is kept in blocks, so that a changed copy shares all but one of them: what a change costs hardly grows with the list.
 */
public final class Candidates {
    static final Candidates NONE = new Candidates(new Instance[0][], 0);

    private static final int BITS = 8;
    private static final int BLOCK = 1 << BITS;
    private static final int MASK = BLOCK - 1;

    private final Instance[][] blocks;
    private final int size;

    private Candidates(Instance[][] blocks, int size) {
        this.blocks = blocks;
        this.size = size;
    }

    /** These instances; the list is copied. */
    public static Candidates of(List<Instance> instances) {
        if (instances.isEmpty()) {
            return NONE;
        }
        int size = instances.size();
        Instance[][] blocks = new Instance[(size + MASK) >> BITS][];
        for (int i = 0; i < blocks.length; i++) {
            int from = i << BITS;
            blocks[i] = instances.subList(from, Math.min(size, from + BLOCK)).toArray(new Instance[0]);
        }
        return new Candidates(blocks, size);
    }

    public int size() {
        return size;
    }

    /** The instance at an index from 0 to {@link #size()} - 1. */
    public Instance at(int index) {
        return blocks[index >>> BITS][index & MASK];
    }

    /** A copy with another instance at an index; for registries. */
    public Candidates with(int index, Instance instance) {
        Instance[][] changed = blocks.clone();
        Instance[] block = changed[index >>> BITS].clone();
        block[index & MASK] = instance;
        changed[index >>> BITS] = block;
        return new Candidates(changed, size);
    }

    /** A copy with one more instance at its end; for registries. */
    public Candidates plus(Instance instance) {
        int last = size >>> BITS;
        Instance[][] changed = Arrays.copyOf(blocks, last + 1);
        Instance[] block = last < blocks.length ? blocks[last] : new Instance[0];
        block = Arrays.copyOf(block, block.length + 1);
        block[block.length - 1] = instance;
        changed[last] = block;
        return new Candidates(changed, size + 1);
    }

    /** A copy without the last instance; for registries. */
    public Candidates withoutLast() {
        int last = (size - 1) >>> BITS;
        Instance[] block = blocks[last];
        boolean emptied = block.length == 1;
        Instance[][] changed = Arrays.copyOf(blocks, emptied ? last : last + 1);
        if (!emptied) {
            changed[last] = Arrays.copyOf(block, block.length - 1);
        }
        return new Candidates(changed, size - 1);
    }
}
