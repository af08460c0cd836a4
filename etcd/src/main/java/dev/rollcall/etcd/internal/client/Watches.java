package dev.rollcall.etcd.internal.client;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCancelRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All watches of this process on one stream. It joins the fragments of a response, finds the watch that a response belongs to, and
 * says when a watch has ended; when and where to resume is its owner's affair, since only the owner knows what it has applied.
 */
public final class Watches implements Client.Listener {
    /** The owner of one watch. Nothing is called after {@code compacted} or {@code ended}, or after a cancel. */
    public interface Handler {
        /** etcd has set the watch up. */
        void created();

        /** Whole revisions, in order. */
        void events(List<Event> events);

        /** etcd no longer has the revision asked for. */
        void compacted();

        /** The watch is gone for another reason. */
        void ended(Status status);
    }

    private static final int LARGEST_PENDING = 64 * 1024 * 1024;
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration DENIAL_PAUSE = Duration.ofSeconds(15);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    private final Engine engine;
    private final int largestPending;
    private @Nullable Connection connection;
    private @Nullable Stream stream;
    private @Nullable Long renewedAt;

    public Watches(Engine engine) {
        this(engine, LARGEST_PENDING);
    }

    /** @param largestPending how many bytes of unfinished fragments one watch may hold before it is listed anew */
    Watches(Engine engine, int largestPending) {
        this.engine = engine;
        this.largestPending = largestPending;
    }

    @Override
    public void connected(Connection made) {
        connection = made;
    }

    @Override
    public void disconnected() {
        connection = null;
        stream = null;
    }

    /** Watches {@code [key, end)}, or only the key when {@code end} is empty, from a revision on. Call only when connected. */
    public Watch watch(ByteString key, ByteString end, long startRevision, Handler handler) {
        Connection on = connection;
        if (on == null) {
            throw new IllegalStateException("not connected");
        }
        Stream open = stream;
        if (open == null) {
            open = new Stream(on);
            stream = open;
        }
        return open.create(key, end, startRevision, handler);
    }

    /** One watch of a stream. */
    public final class Watch {
        private final Stream on;
        private final long id;
        private final Handler handler;
        private final List<Event> pending = new ArrayList<>();
        private int pendingBytes;

        private Watch(Stream on, long id, Handler handler) {
            this.on = on;
            this.id = id;
            this.handler = handler;
        }

        /** Ends the watch; its handler hears nothing more. */
        public void cancel() {
            if (on.watches.remove(id) != null && stream == on) {
                on.requests.onNext(WatchRequest.newBuilder()
                        .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                        .build());
            }
        }

        private void received(WatchResponse response) {
            if (response.getEventsCount() == 0) {
                return; // a notification of progress, which says nothing that is true of old servers
            }
            pendingBytes += response.getSerializedSize();
            if (pendingBytes > largestPending) {
                cancel();
                handler.ended(Status.RESOURCE_EXHAUSTED.withDescription(
                        "a revision of more than " + largestPending + " bytes"));
                return;
            }
            if (response.getFragment()) {
                pending.addAll(response.getEventsList());
                return;
            }
            List<Event> whole = response.getEventsList();
            if (!pending.isEmpty()) {
                pending.addAll(whole);
                whole = List.copyOf(pending);
                pending.clear();
            }
            pendingBytes = 0;
            handler.events(whole);
        }
    }

    private final class Stream implements StreamObserver<WatchResponse> {
        private final Connection on;
        private final StreamObserver<WatchRequest> requests;
        private final long openedAt = engine.now();
        /** Creates are answered in order, and a failed one is answered with no id of ours. */
        private final Deque<Watch> unanswered = new ArrayDeque<>();

        private final Map<Long, Watch> watches = new HashMap<>();
        private long lastId;
        private long answers;
        private boolean overseen;
        private boolean renewing;

        Stream(Connection on) {
            this.on = on;
            this.requests = on.stream(WatchGrpc.getWatchMethod(), this);
        }

        Watch create(ByteString key, ByteString end, long startRevision, Handler handler) {
            Watch watch = new Watch(this, ++lastId, handler);
            watches.put(watch.id, watch);
            unanswered.add(watch);
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(key)
                            .setRangeEnd(end)
                            .setStartRevision(startRevision)
                            .setWatchId(watch.id)
                            .setFragment(true))
                    .build());
            oversee();
            return watch;
        }

        /** A create is answered soon, or the server is of no use; a long past that comes before the answer is a sign of life. */
        private void oversee() {
            if (overseen) {
                return;
            }
            overseen = true;
            long before = answers;
            engine.after(ANSWER_WITHIN.toNanos(), () -> {
                overseen = false;
                if (stream == this && !unanswered.isEmpty()) {
                    if (answers == before) {
                        on.fail(Status.DEADLINE_EXCEEDED.withDescription("no answer to a watch"));
                    } else {
                        oversee();
                    }
                }
            });
        }

        @Override
        public void onNext(WatchResponse response) {
            if (stream != this) {
                return;
            }
            answers++;
            Watch watch = response.getCreated() ? unanswered.poll() : watches.get(response.getWatchId());
            if (watch == null || !watches.containsKey(watch.id)) {
                return;
            }
            if (!response.getCanceled()) {
                if (response.getCreated()) {
                    watch.handler.created();
                } else {
                    watch.received(response);
                }
                return;
            }
            Status status = Failures.ofCancelReason(response.getCancelReason());
            if (response.getCompactRevision() > 0) {
                watches.remove(watch.id);
                watch.handler.compacted();
            } else if (on.renews() && Failures.refused(status) && (renewing || mayBeStale())) {
                moveToNewStream();
            } else {
                watches.remove(watch.id);
                watch.handler.ended(status);
            }
        }

        /** The refused watch stays with the others until they all end here, to be opened on the new stream. */
        private void moveToNewStream() {
            if (renewing) {
                return;
            }
            renewing = true;
            renewedAt = engine.now();
            on.renewToken(failure -> {
                if (stream == this) {
                    stream = null;
                    requests.onError(
                            Status.CANCELLED.asException()); // an end of our half alone would leave etcd watching
                    endAll(Status.ABORTED.withDescription("a new token needs a new stream"));
                }
            });
        }

        /** etcd checks each create with the token of the stream's start, so an old stream's refusal says little. */
        private boolean mayBeStale() {
            Long renewed = renewedAt;
            return engine.now() - openedAt > FRESH.toNanos()
                    && (renewed == null || engine.now() - renewed > DENIAL_PAUSE.toNanos());
        }

        @Override
        public void onError(Throwable thrown) {
            if (stream != this) {
                return;
            }
            stream = null;
            Status status = Status.fromThrowable(thrown);
            if (on.renews() && Failures.staleToken(status)) {
                on.renewToken(failure -> endAll(status));
            } else {
                endAll(status);
            }
        }

        private void endAll(Status status) {
            List<Watch> all = List.copyOf(watches.values());
            watches.clear();
            all.forEach(watch -> watch.handler.ended(status));
        }

        @Override
        public void onCompleted() {}
    }
}
