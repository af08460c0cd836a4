package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Status;
import dev.rollcall.Text;
import java.util.HashMap;
import java.util.Map;

/**
 * How layouts of other fleets that carry metadata say a status: the entry {@code rollcall.status=draining}; UP writes nothing, so
 * that normal bytes are the fleet's own. Names that start with {@code rollcall.} are ours in all metadata.
 */
final class StatusEntry {
    private static final String NAME = "rollcall.status";
    private static final String DRAINING = "draining";
    private static final String RESERVED = "rollcall.";

    private StatusEntry() {}

    /** The instance's metadata, and its status. */
    static Map<String, String> with(Instance instance) {
        if (instance.status() == Status.UP) {
            return instance.metadata();
        }
        Map<String, String> metadata = new HashMap<>(instance.metadata());
        metadata.put(NAME, DRAINING);
        return metadata;
    }

    static Status status(Map<String, String> metadata) {
        return DRAINING.equals(metadata.get(NAME)) ? Status.DRAINING : Status.UP;
    }

    /** The metadata but for the entry that is the status. */
    static Map<String, String> without(Map<String, String> metadata) {
        if (!metadata.containsKey(NAME)) {
            return metadata;
        }
        Map<String, String> own = new HashMap<>(metadata);
        own.remove(NAME);
        return Map.copyOf(own);
    }

    static void checkReserved(String part, Map<String, String> metadata) {
        for (String key : metadata.keySet()) {
            if (key.startsWith(RESERVED)) {
                throw new InvalidInstanceException(
                        part + ": key " + Text.quote(key) + " (expected: none that starts with " + RESERVED + ")");
            }
        }
    }
}
