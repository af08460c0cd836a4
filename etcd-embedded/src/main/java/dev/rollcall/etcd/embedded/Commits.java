package dev.rollcall.etcd.embedded;

import java.util.ArrayList;
import java.util.List;

/** The commits since the last compaction, in order, found by their revision. The first one is empty, a place to start from. Not thread-safe. */
final class Commits {
    private final List<Commit> list = new ArrayList<>();

    /** Starts after a revision. */
    Commits(long revision) {
        list.add(new Commit(revision, List.of(), 0));
    }

    Commit last() {
        return list.get(list.size() - 1);
    }

    Commit append(long revision, List<Change> changes) {
        Commit before = last();
        Commit commit = new Commit(revision, changes, before.bytesSoFar());
        list.add(commit);
        before.follow(commit);
        return commit;
    }

    /** The newest commit before a revision, or the place to start from when that is forgotten. */
    Commit before(long revision) {
        long position = revision - 1 - list.get(0).revision();
        return list.get((int) Math.max(0, Math.min(position, list.size() - 1)));
    }

    /** Everything known, oldest first. */
    List<Commit> all() {
        return List.copyOf(list.subList(1, list.size()));
    }

    /** Forgets what was before a revision. That revision stays for watchers, without what its keys were before. */
    void compact(long revision) {
        int kept = (int) (revision - list.get(0).revision());
        if (kept <= 0 || kept >= list.size()) {
            return;
        }
        Commit oldest = list.get(kept).withoutBefore();
        Commit start = new Commit(revision - 1, List.of(), oldest.bytesSoFar() - oldest.bytes());
        start.follow(oldest);
        list.subList(0, kept + 1).clear();
        list.addAll(0, List.of(start, oldest));
    }
}
