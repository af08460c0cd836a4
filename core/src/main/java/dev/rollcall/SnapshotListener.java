package dev.rollcall;

import java.util.List;

/** Hears what happens to a service. */
@FunctionalInterface
public interface SnapshotListener {
    /** Hears nothing. */
    SnapshotListener NONE = (snapshot, changes) -> {};

    /**
     * Called with the new current snapshot and what changed since the last call; the first call has the whole snapshot as joined
     * instances. Calls of one subscription are serial and on a thread of their own: a listener may block or throw and hurts
     * nobody else. Quick changes may arrive together; the last state always arrives.
     */
    void changed(ServiceSnapshot snapshot, List<Change> changes);
}
