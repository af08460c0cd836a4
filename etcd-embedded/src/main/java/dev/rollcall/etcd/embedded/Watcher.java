package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One watcher of a {@link WatchStream}: what it wants to see, and how far it is while it catches up. Not thread-safe. */
final class Watcher {
    private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

    private final long id;
    private final ByteString key;
    private final KeyRange range;
    private final long start;
    private final boolean puts;
    private final boolean deletes;
    private final boolean before;
    private final boolean fragment;
    private final boolean progress;
    private @Nullable Commit cursor;
    private boolean spoke;

    Watcher(long id, WatchCreateRequest request, long start) {
        this.id = id;
        this.key = key(request);
        this.range = range(request);
        this.start = start;
        this.puts = !request.getFiltersList().contains(FilterType.NOPUT);
        this.deletes = !request.getFiltersList().contains(FilterType.NODELETE);
        this.before = request.getPrevKv();
        this.fragment = request.getFragment();
        this.progress = request.getProgressNotify();
    }

    /** What a request asks for: no key stands for the smallest one. */
    static KeyRange range(WatchCreateRequest request) {
        return KeyRange.of(key(request), request.getRangeEnd());
    }

    private static ByteString key(WatchCreateRequest request) {
        return request.getKey().isEmpty() ? ZERO : request.getKey();
    }

    long id() {
        return id;
    }

    ByteString key() {
        return key;
    }

    boolean single() {
        return range.single();
    }

    /** The first revision it wants. */
    long start() {
        return start;
    }

    boolean fragment() {
        return fragment;
    }

    /** It wants to hear regularly that there was nothing. */
    boolean progress() {
        return progress;
    }

    /** The event as it wants to see it, null when it does not. */
    @Nullable
    Event see(long revision, Change change) {
        if (revision < start || !(change.isDeletion() ? deletes : puts) || !range.contains(change.key())) {
            return null;
        }
        return before ? change.eventWithBefore() : change.event();
    }

    /** The last commit it has seen while it catches up. */
    Commit cursor() {
        return Objects.requireNonNull(cursor);
    }

    void moveTo(Commit seen) {
        cursor = seen;
    }

    /** It follows its stream from now on. */
    void caughtUp() {
        cursor = null;
    }

    boolean behind() {
        return cursor != null;
    }

    void speak() {
        spoke = true;
    }

    /** Whether it got something since the last time this was asked. */
    boolean spoke() {
        boolean was = spoke;
        spoke = false;
        return was;
    }
}
