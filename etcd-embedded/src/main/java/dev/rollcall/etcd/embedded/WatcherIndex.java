package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Watchers found by what they watch. Not thread-safe. */
final class WatcherIndex {
    private final Map<ByteString, Set<Watcher>> singles = new HashMap<>();
    private final Set<Watcher> ranges = new LinkedHashSet<>();

    void add(Watcher watcher) {
        if (watcher.single()) {
            singles.computeIfAbsent(watcher.key(), none -> new LinkedHashSet<>(2))
                    .add(watcher);
        } else {
            ranges.add(watcher);
        }
    }

    void remove(Watcher watcher) {
        ranges.remove(watcher);
        Set<Watcher> same = singles.get(watcher.key());
        if (same != null && same.remove(watcher) && same.isEmpty()) {
            singles.remove(watcher.key());
        }
    }

    /** Passes on all that may want to see a change. */
    void forEach(Change change, Consumer<Watcher> action) {
        Set<Watcher> same = singles.get(change.value().getKey());
        if (same != null) {
            same.forEach(action);
        }
        ranges.forEach(action);
    }
}
