package dev.rollcall.etcd.testing;

import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;

/** What a {@link ScriptedEtcd} does with one request to create a watch instead of serving it. Must not block. */
@FunctionalInterface
public interface WatchScript {
    /** Decides the request: any of its methods, in any order, or none. */
    void run(Create create);

    /** Created, then everything since its start revision. */
    static WatchScript asUsual() {
        return create -> {
            create.created();
            create.deliver();
        };
    }

    /** Created, and the stream ends so before the first event. */
    static WatchScript createdThenEnd(Status status) {
        return create -> {
            create.created();
            create.stream().end(status);
        };
    }

    /** Created with this revision in its header, then as usual. */
    static WatchScript createdAt(long headerRevision) {
        return create -> {
            create.created(headerRevision);
            create.deliver();
        };
    }

    /** Created and cancelled in one answer with the watch id -1, as etcd refuses a watch. */
    static WatchScript refuse(String reason) {
        return create -> create.stream()
                .send(WatchResponse.newBuilder()
                        .setHeader(EtcdModel.header(create.stream().revision()))
                        .setWatchId(-1)
                        .setCreated(true)
                        .setCanceled(true)
                        .setCancelReason(reason)
                        .build());
    }

    /** Created, then cancelled because its start revision is compacted. */
    static WatchScript compacted(long compactRevision) {
        return create -> create.stream().cancelCompacted(create.created(), compactRevision);
    }

    /** Never answered. */
    static WatchScript silence() {
        return create -> {};
    }

    /** A request to create a watch, on its stream. */
    final class Create {
        private final WatchStream stream;
        private final WatchCreateRequest request;
        private long id;

        Create(WatchStream stream, WatchCreateRequest request) {
            this.stream = stream;
            this.request = request;
        }

        /** What was asked. */
        public WatchCreateRequest request() {
            return request;
        }

        /** The stream it came on. */
        public WatchStream stream() {
            return stream;
        }

        /** Answers that the watch is created, and returns its id. */
        public long created() {
            return created(stream.revision());
        }

        /** Answers that the watch is created with this revision in the header, and returns its id. */
        public long created(long headerRevision) {
            id = stream.created(request, headerRevision);
            return id;
        }

        /** Sends everything since the start revision, and what comes. */
        public void deliver() {
            stream.activate(id);
        }
    }
}
