package dev.rollcall.etcd.testing;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** Ways to send events that are legal, or have been seen: for {@link ScriptedEtcd#shapeEvents}. */
public final class Shapes {
    private Shapes() {}

    /** One answer per event, all but the last marked as fragments. */
    public static List<WatchResponse> fragmented(WatchResponse response) {
        List<WatchResponse> parts = new ArrayList<>();
        for (Event event : response.getEventsList()) {
            parts.add(response.toBuilder()
                    .clearEvents()
                    .addEvents(event)
                    .setFragment(parts.size() + 1 < response.getEventsCount())
                    .build());
        }
        return parts;
    }

    /** Everything twice. */
    public static List<WatchResponse> duplicated(WatchResponse response) {
        return List.of(response, response);
    }

    /** Events are lost. */
    public static List<WatchResponse> dropped(WatchResponse response) {
        return List.of();
    }
}
