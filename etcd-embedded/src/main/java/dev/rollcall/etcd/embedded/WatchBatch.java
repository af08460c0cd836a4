package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What one watcher gets to see at once.
 *
 * @param events of whole revisions, oldest first
 * @param last the last commit that was looked at for it
 */
record WatchBatch(List<Event> events, Commit last) {
    private static final int MOST_REVISIONS = 1_000;
    private static final long MOST_BYTES = 1 << 20;

    /** What a watcher wants of the commits after one, up to the last revision or to where it is enough. */
    static WatchBatch after(Commit seen, long last, Watcher watcher) {
        List<Event> events = new ArrayList<>();
        Commit at = seen;
        long bytes = 0;
        for (int i = 0; i < MOST_REVISIONS && bytes < MOST_BYTES && at.revision() < last; i++) {
            at = Objects.requireNonNull(at.next());
            for (Change change : at.changes()) {
                if (watcher.wants(at.revision(), change)) {
                    Event event = watcher.event(change);
                    events.add(event);
                    bytes += event.getSerializedSize();
                }
            }
        }
        return new WatchBatch(events, at);
    }
}
