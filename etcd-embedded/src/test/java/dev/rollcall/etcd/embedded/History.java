package dev.rollcall.etcd.embedded;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What several clients did and saw, and from it what every key was at every revision. Each answer names the revision at which it is
 * true, so a linearization is given and only has to be checked: all answers fit it, and it agrees with who was before whom.
 */
final class History {
    static final String NOTHING = "-";

    /** What an answer says: written at a revision, how it was before that revision, and how it was at it. */
    record Seen(long revision, Map<String, String> writes, Map<String, String> before, Map<String, String> reads) {}

    /** One call, from before it was sent until after it was answered. */
    record Call(long begin, long end, Seen seen) {}

    /** One key at one revision. */
    record Version(String value, long createRevision, long modRevision, long version) {
        static final Version NONE = new Version(NOTHING, 0, 0, 0);

        boolean there() {
            return version > 0;
        }
    }

    private final long first;
    private final List<Call> calls;
    private final NavigableMap<Long, Map<String, String>> writes = new TreeMap<>();
    private final Map<String, NavigableMap<Long, Version>> keys = new HashMap<>();

    /** Of calls that begin with the first revision. */
    History(long first, List<Call> calls) {
        this.first = first;
        this.calls = calls;
        for (Call call : calls) {
            if (!call.seen().writes().isEmpty()
                    && writes.put(call.seen().revision(), call.seen().writes()) != null) {
                throw new AssertionError(
                        "not linearizable: revision " + call.seen().revision() + " written twice");
            }
        }
        writes.forEach((revision, written) -> written.forEach((key, value) -> write(revision, key, value)));
    }

    private void write(long revision, String key, String value) {
        Version before = at(key, revision - 1);
        Version after = value.equals(NOTHING)
                ? new Version(NOTHING, 0, revision, 0)
                : new Version(
                        value, before.there() ? before.createRevision() : revision, revision, before.version() + 1);
        keys.computeIfAbsent(key, none -> new TreeMap<>()).put(revision, after);
    }

    /** The key as it was at a revision. */
    Version at(String key, long revision) {
        NavigableMap<Long, Version> versions = keys.get(key);
        var entry = versions == null ? null : versions.floorEntry(revision);
        return entry == null ? Version.NONE : entry.getValue();
    }

    /** What each revision wrote. */
    NavigableMap<Long, Map<String, String>> writes() {
        return writes;
    }

    void checkLinearizable() {
        long revision = first;
        for (long written : writes.keySet()) {
            if (written != revision) {
                throw new AssertionError("not linearizable: nobody wrote revision " + revision);
            }
            revision++;
        }
        for (Call call : calls) {
            Seen seen = call.seen();
            seen.before().forEach((key, value) -> equal(call, key, value, at(key, seen.revision() - 1)));
            seen.reads().forEach((key, value) -> equal(call, key, value, at(key, seen.revision())));
        }
        checkTime();
    }

    private static void equal(Call call, String key, String value, Version expected) {
        if (!value.equals(expected.value())) {
            throw new AssertionError("not linearizable: " + key + " was " + expected + ", but " + call);
        }
    }

    // whoever began after another one was answered must not be before it
    private void checkTime() {
        Deque<Call> byEnd = new ArrayDeque<>(sorted(Comparator.comparingLong(Call::end)));
        long answered = 0;
        for (Call call : sorted(Comparator.comparingLong(Call::begin))) {
            while (!byEnd.isEmpty() && byEnd.peek().end() < call.begin()) {
                answered = Math.max(answered, byEnd.poll().seen().revision());
            }
            long least = call.seen().writes().isEmpty() ? answered : answered + 1;
            if (call.seen().revision() < least) {
                throw new AssertionError("not linearizable: revision " + answered + " was answered before " + call);
            }
        }
    }

    private List<Call> sorted(Comparator<Call> order) {
        List<Call> sorted = new ArrayList<>(calls);
        sorted.sort(order);
        return sorted;
    }
}
