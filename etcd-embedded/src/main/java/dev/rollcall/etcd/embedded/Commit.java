package dev.rollcall.etcd.embedded;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one revision changed, and the way to the next one: watchers walk along this list at their own pace, so what a slow
 * one has not seen yet needs no buffer. Any thread may read it.
 */
final class Commit {
    private final long revision;
    private final List<Change> changes;
    private final long bytes;
    private final long bytesBefore;
    private final Link link;

    Commit(long revision, List<Change> changes, long bytesBefore) {
        this(revision, changes, bytesBefore, new Link());
    }

    private Commit(long revision, List<Change> changes, long bytesBefore, Link link) {
        this.revision = revision;
        this.changes = List.copyOf(changes);
        this.bytesBefore = bytesBefore;
        this.link = link;
        long sum = 0;
        for (Change change : changes) {
            sum += Keyspace.bytes(change.value());
        }
        this.bytes = sum;
    }

    /** The same commit without what its keys were before; those who stand on this one see what follows all the same. */
    Commit withoutBefore() {
        return new Commit(revision, changes.stream().map(Change::withoutBefore).toList(), bytesBefore, link);
    }

    long revision() {
        return revision;
    }

    List<Change> changes() {
        return changes;
    }

    /** Roughly the memory of its changes. */
    long bytes() {
        return bytes;
    }

    /** The memory of all changes before and in it, since the server started. */
    long bytesSoFar() {
        return bytesBefore + bytes;
    }

    @Nullable
    Commit next() {
        return link.next;
    }

    void follow(Commit newer) {
        link.next = newer;
    }

    private static final class Link {
        private volatile @Nullable Commit next;
    }
}
