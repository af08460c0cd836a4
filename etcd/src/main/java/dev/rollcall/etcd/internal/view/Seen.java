package dev.rollcall.etcd.internal.view;

import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What etcd held below a prefix at the last revision that was applied: enough to tell later whether it is still the etcd that held
 * it, or one that was wiped or restored.
 */
final class Seen {
    private record Mark(long created, long modified, long lease) {
        static Mark of(KeyValue kv) {
            return new Mark(kv.getCreateRevision(), kv.getModRevision(), kv.getLease());
        }
    }

    private final Map<String, Mark> marks = new HashMap<>();
    private long revision;
    private long term;

    /** Everything up to here was applied. */
    long revision() {
        return revision;
    }

    void reached(long newRevision) {
        revision = newRevision;
    }

    void put(String key, KeyValue kv) {
        marks.put(key, Mark.of(kv));
    }

    void remove(String key) {
        marks.remove(key);
    }

    /** Takes a list over, but for what {@link #put} is told of it; answers the keys that are no longer there. */
    Set<String> replacedBy(Pages.Listing listing) {
        Set<String> gone = new HashSet<>(marks.keySet());
        listing.all().forEach(kv -> gone.remove(Values.key(kv)));
        marks.keySet().removeAll(gone);
        revision = listing.revision();
        term = listing.term();
        return gone;
    }

    /**
     * Whether a list is of the same history, further on. One key that is still the one that was created then, under the same lease,
     * shows that the past is still there; so does having had none. A key that we would have seen, and have not, shows that it is
     * another.
     */
    boolean continuesIn(Pages.Listing listing) {
        if (listing.revision() < revision || listing.term() < term) {
            return false;
        }
        boolean known = marks.isEmpty();
        for (KeyValue kv : listing.all()) {
            Mark then = marks.get(Values.key(kv));
            Mark now = Mark.of(kv);
            if (now.modified <= revision && !now.equals(then)) {
                return false;
            }
            known |= then != null && now.created == then.created && now.lease == then.lease;
        }
        return known;
    }

    /** Whether etcd's count, and its newest key, at the revision that was applied are ours. */
    boolean isWhatWasHeld(RangeResponse newest) {
        if (newest.getHeader().getRevision() < revision || newest.getCount() != marks.size()) {
            return false;
        }
        if (newest.getKvsCount() == 0) {
            return marks.isEmpty();
        }
        Mark theirs = Mark.of(newest.getKvs(0));
        long ours = marks.values().stream().mapToLong(Mark::modified).max().orElse(0);
        return theirs.modified == ours && theirs.equals(marks.get(Values.key(newest.getKvs(0))));
    }
}
