package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The events of a few whole revisions, for each watcher that wants some. Not thread-safe. */
final class WatchBatch {
    private static final int MOST_REVISIONS = 1_000;
    private static final long MOST_BYTES = 1 << 20;

    private final Map<Watcher, List<Event>> events = new LinkedHashMap<>();
    private Commit at;
    private int revisions;
    private long bytes;

    WatchBatch(Commit from) {
        at = from;
    }

    /** Moves to the next commit, unless it is after a revision or there is enough already. */
    boolean advance(long last) {
        if (at.revision() >= last || revisions >= MOST_REVISIONS || bytes >= MOST_BYTES) {
            return false;
        }
        at = Objects.requireNonNull(at.next());
        revisions++;
        return true;
    }

    /** The last commit in it. */
    Commit at() {
        return at;
    }

    /** Adds a change of the current commit, if the watcher wants to see it. */
    void add(Watcher watcher, Change change) {
        Event event = watcher.see(at.revision(), change);
        if (event != null) {
            events.computeIfAbsent(watcher, none -> new ArrayList<>()).add(event);
            bytes += event.getSerializedSize();
        }
    }

    interface Receiver {
        void accept(Watcher watcher, List<Event> events, long revision);
    }

    void forEach(Receiver receiver) {
        events.forEach((watcher, seen) -> receiver.accept(watcher, seen, at.revision()));
    }
}
