package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** Splits what a watcher gets into responses below the limit of requests, as etcd does for those who asked for it. */
final class Fragments {
    /** etcd's limit for requests and what gRPC may add. */
    static final int MOST_BYTES = RequestChecks.MOST_BYTES + (512 << 10);

    private Fragments() {}

    /** All but the last are marked as fragments; one event is never split. */
    static List<WatchResponse.Builder> split(List<Event> events, WatchResponse.Builder empty) {
        List<WatchResponse.Builder> fragments = new ArrayList<>();
        WatchResponse.Builder current = empty.clone();
        int emptyBytes = empty.clone().setFragment(true).build().getSerializedSize();
        int bytes = emptyBytes;
        for (Event event : events) {
            int more = event.getSerializedSize() + 6;
            if (current.getEventsCount() > 0 && bytes + more >= MOST_BYTES) {
                fragments.add(current.setFragment(true));
                current = empty.clone();
                bytes = emptyBytes;
            }
            current.addEvents(event);
            bytes += more;
        }
        fragments.add(current);
        return fragments;
    }
}
