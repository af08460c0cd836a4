package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.KeyValue;
import org.jspecify.annotations.Nullable;

/** One key's change in one revision, as watchers see it, and what the key was before it, null when it was not there. */
final class Change {
    private final byte[] key;
    private final Event event;
    private final @Nullable KeyValue before;

    private Change(byte[] key, Event event, @Nullable KeyValue before) {
        this.key = key;
        this.event = event;
        this.before = before;
    }

    static Change of(KeyValue value, @Nullable KeyValue before) {
        EventType type = KeyHistory.isDeletion(value) ? EventType.DELETE : EventType.PUT;
        return new Change(
                value.getKey().toByteArray(),
                Event.newBuilder().setType(type).setKv(value).build(),
                before);
    }

    byte[] key() {
        return key;
    }

    /** The event without {@code prev_kv}. */
    Event event() {
        return event;
    }

    KeyValue value() {
        return event.getKv();
    }

    boolean isDeletion() {
        return event.getType() == EventType.DELETE;
    }

    /** The event with {@code prev_kv}. */
    Event eventWithBefore() {
        return before == null ? event : event.toBuilder().setPrevKv(before).build();
    }

    Change withoutBefore() {
        return before == null ? this : new Change(key, event, null);
    }
}
