package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;

/** One watcher of a {@link WatchStream}: what it wants to see. Not thread-safe. */
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

    /** Whether it is to see a change. */
    boolean wants(long revision, Change change) {
        return revision >= start && (change.isDeletion() ? deletes : puts) && range.contains(change.key());
    }

    /** A change as it wants to see it. */
    Event event(Change change) {
        return before ? change.eventWithBefore() : change.event();
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
