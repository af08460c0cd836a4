package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KeyValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every key with its history, and every revision with its changes, as etcd's MVCC store has them. An empty one is at revision 1.
 * Not thread-safe.
 */
final class Keyspace {
    /** What a stored value costs beside its own bytes, roughly: its objects here, in the history and in the commit. */
    private static final int OVERHEAD = 200;

    private final NavigableMap<byte[], KeyHistory> index = new TreeMap<>(Arrays::compareUnsigned);
    private Commits commits = new Commits(1);
    private long compacted = -1;
    private long bytes;

    static long bytes(KeyValue value) {
        return OVERHEAD + 2L * value.getKey().size() + value.getValue().size();
    }

    long revision() {
        return commits.last().revision();
    }

    /** The oldest revision that can be read; -1 before the first compaction. */
    long compacted() {
        return compacted;
    }

    /** Roughly the memory of everything stored. */
    long bytes() {
        return bytes;
    }

    Commits commits() {
        return commits;
    }

    @Nullable
    KeyValue get(ByteString key) {
        KeyHistory history = index.get(key.toByteArray());
        return history == null ? null : history.latest();
    }

    /** The histories of the keys in a range, in the order of the keys' bytes. */
    Collection<KeyHistory> in(KeyRange range) {
        if (range.single()) {
            KeyHistory history = index.get(range.from());
            return history == null ? List.of() : List.of(history);
        }
        if (range.isEmpty()) {
            return List.of();
        }
        byte[] to = range.to();
        return (to == null ? index.tailMap(range.from(), true) : index.subMap(range.from(), true, to, false)).values();
    }

    /** The living keys of a range. */
    List<KeyValue> living(KeyRange range) {
        List<KeyValue> living = new ArrayList<>();
        for (KeyHistory history : in(range)) {
            KeyValue value = history.latest();
            if (value != null) {
                living.add(value);
            }
        }
        return living;
    }

    /** Writes one value or deletion of the revision to come, which {@link #commit} ends. */
    Change write(KeyValue value) {
        byte[] key = value.getKey().toByteArray();
        KeyHistory history = index.get(key);
        // in a transaction a key may change twice; watchers are shown what it was before the whole of it
        KeyValue before = history == null ? null : history.at(revision());
        if (history == null) {
            index.put(key, new KeyHistory(value));
        } else {
            history.add(value);
        }
        bytes += bytes(value);
        return Change.of(value, before);
    }

    /** Makes the changes the next revision. */
    Commit commit(List<Change> changes) {
        return commits.append(revision() + 1, changes);
    }

    /** Forgets what only reads before that revision could see. */
    void compact(long revision) {
        compacted = revision;
        commits.compact(revision);
        index.values().removeIf(history -> history.compact(revision));
        bytes = stored();
    }

    /** Takes a saved state over: what lived at its compacted revision. The commits after it follow through {@link #replay}. */
    void restore(long compactedRevision, List<KeyValue> living) {
        index.clear();
        for (KeyValue value : living) {
            index.put(value.getKey().toByteArray(), new KeyHistory(value));
        }
        compacted = compactedRevision;
        commits = new Commits(Math.max(1, compactedRevision - 1));
        bytes = stored();
    }

    /** Takes over one saved revision, the next one. */
    Commit replay(long revision, List<KeyValue> values) {
        if (revision != revision() + 1) {
            throw new IllegalStateException("revision: " + revision + " (expected: " + (revision() + 1) + ")");
        }
        if (revision <= compacted) {
            return commits.append(
                    revision,
                    values.stream().map(value -> Change.of(value, null)).toList());
        }
        return commits.append(revision, values.stream().map(this::write).toList());
    }

    /** What lived at the compacted revision, for saving. */
    List<KeyValue> base() {
        List<KeyValue> base = new ArrayList<>();
        for (Map.Entry<byte[], KeyHistory> entry : index.entrySet()) {
            KeyValue value = entry.getValue().at(compacted);
            if (value != null) {
                base.add(value);
            }
        }
        return base;
    }

    private long stored() {
        long sum = 0;
        for (KeyHistory history : index.values()) {
            sum += history.bytes();
        }
        return sum;
    }
}
