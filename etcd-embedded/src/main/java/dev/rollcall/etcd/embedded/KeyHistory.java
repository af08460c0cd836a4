package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.KeyValue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What one key was, oldest first, since the last compaction. A deletion is a value of version 0. Not thread-safe. */
final class KeyHistory {
    private KeyValue[] values;
    private int size;

    KeyHistory(KeyValue first) {
        values = new KeyValue[] {first};
        size = 1;
    }

    static boolean isDeletion(KeyValue value) {
        return value.getVersion() == 0;
    }

    void add(KeyValue value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size < 4 ? size + 1 : size + (size >> 1));
        }
        values[size++] = value;
    }

    /** The key as it is now, null when it is deleted. */
    @Nullable
    KeyValue latest() {
        return live(size - 1);
    }

    /** The key as it was at a revision, null when it was not there. */
    @Nullable
    KeyValue at(long revision) {
        return live(lastAt(revision));
    }

    /** Forgets what no read at that revision or later can see; true when nothing is left. */
    boolean compact(long revision) {
        int keep = lastAt(revision);
        if (keep >= 0 && isDeletion(values[keep])) {
            keep++;
        }
        if (keep > 0) {
            size -= keep;
            values = Arrays.copyOfRange(values, keep, keep + size);
        }
        return size == 0;
    }

    /** Roughly its memory. */
    long bytes() {
        long sum = 0;
        for (int i = 0; i < size; i++) {
            sum += Keyspace.bytes(values[i]);
        }
        return sum;
    }

    private @Nullable KeyValue live(int position) {
        return position < 0 || isDeletion(values[position]) ? null : values[position];
    }

    private int lastAt(long revision) {
        int last = size - 1;
        if (last >= 0 && values[last].getModRevision() <= revision) {
            return last;
        }
        int low = 0;
        while (low <= last) {
            int middle = (low + last) >>> 1;
            if (values[middle].getModRevision() <= revision) {
                low = middle + 1;
            } else {
                last = middle - 1;
            }
        }
        return low - 1;
    }
}
