package dev.rollcall;

/**
 * One instance's step between two snapshots.
 *
 * @param kind what happened
 * @param instance the instance now; for LEFT as it last was
 */
public record Change(Kind kind, Instance instance) {
    /** What happened to the instance. */
    public enum Kind {
        /** It was not there before. */
        JOINED,
        /** Its address, status, metadata, version or endpoints changed. */
        UPDATED,
        /** It said DRAINING and then left. */
        LEFT_GRACEFULLY,
        /** It vanished without a word: its lease ended, or somebody deleted it. */
        LOST,
        /** It is gone, and how is not known, since we were not watching when it went. */
        LEFT;

        /** Whether the instance is gone. */
        public boolean gone() {
            return this == LEFT_GRACEFULLY || this == LOST || this == LEFT;
        }
    }
}
