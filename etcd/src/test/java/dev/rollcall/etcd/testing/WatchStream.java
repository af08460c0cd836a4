package dev.rollcall.etcd.testing;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** One client's stream of watches. Everything runs under the lock of its {@link ScriptedEtcd}, so tests may use it from any thread. */
public final class WatchStream implements StreamObserver<WatchRequest> {
    private static final class Watcher {
        final WatchCreateRequest request;
        long next;
        boolean active;

        Watcher(WatchCreateRequest request, long next) {
            this.request = request;
            this.next = next;
        }
    }

    private final ScriptedEtcd etcd;
    private final StreamObserver<WatchResponse> out;
    private final EtcdUsers.Caller caller;
    private final Map<Long, Watcher> watchers = new TreeMap<>();
    private long nextId;
    private boolean ended;

    WatchStream(ScriptedEtcd etcd, StreamObserver<WatchResponse> out, EtcdUsers.Caller caller) {
        this.etcd = etcd;
        this.out = out;
        this.caller = caller;
    }

    /** The ids of its watches. */
    public Set<Long> ids() {
        return etcd.locked(() -> Set.copyOf(watchers.keySet()));
    }

    /** Sends any answer: for an unknown id, an old event, a fragment. */
    public void send(WatchResponse response) {
        etcd.locked(() -> {
            if (!ended) {
                out.onNext(response);
            }
        });
    }

    /** Sends a progress notification with this revision. */
    public void progress(long id, long revision) {
        send(WatchResponse.newBuilder()
                .setHeader(EtcdModel.header(revision))
                .setWatchId(id)
                .build());
    }

    /** Cancels a watch as etcd does when its next revision is compacted: the header carries revision 0. */
    public void cancelCompacted(long id, long compactRevision) {
        etcd.locked(() -> {
            watchers.remove(id);
            send(WatchResponse.newBuilder()
                    .setHeader(EtcdModel.header(0))
                    .setWatchId(id)
                    .setCanceled(true)
                    .setCompactRevision(compactRevision)
                    .build());
        });
    }

    /** Ends the stream, with {@code OK} as well. */
    public void end(Status status) {
        etcd.locked(() -> {
            if (!ended) {
                forget();
                if (status.isOk()) {
                    out.onCompleted();
                } else {
                    out.onError(status.asRuntimeException());
                }
            }
        });
    }

    @Override
    public void onNext(WatchRequest request) {
        etcd.locked(() -> {
            etcd.record("Watch", request);
            switch (request.getRequestUnionCase()) {
                case CREATE_REQUEST -> create(request.getCreateRequest());
                case CANCEL_REQUEST -> cancel(request.getCancelRequest().getWatchId());
                case PROGRESS_REQUEST -> progress(-1, revision());
                case REQUESTUNION_NOT_SET -> {}
            }
        });
    }

    @Override
    public void onError(Throwable clientGone) {
        etcd.locked(this::forget);
    }

    @Override
    public void onCompleted() {
        end(Status.OK);
    }

    long revision() {
        return etcd.model().revision();
    }

    long created(WatchCreateRequest request, long headerRevision) {
        long id = request.getWatchId();
        if (id == 0) {
            while (watchers.containsKey(nextId)) {
                nextId++;
            }
            id = nextId++;
        }
        long start = request.getStartRevision();
        watchers.put(id, new Watcher(request, start == 0 ? revision() + 1 : start));
        send(WatchResponse.newBuilder()
                .setHeader(EtcdModel.header(headerRevision))
                .setWatchId(id)
                .setCreated(true)
                .build());
        return id;
    }

    void activate(long id) {
        Watcher watcher = watchers.get(id);
        if (watcher != null) {
            watcher.active = true;
            catchUp(id, watcher);
        }
    }

    void catchUp() {
        Map.copyOf(watchers).forEach(this::catchUp);
    }

    private void create(WatchCreateRequest request) {
        Optional<Status> refusal = etcd.refusal(caller);
        if (refusal.isPresent()) {
            WatchScript.refuse(goText(refusal.get())).run(new WatchScript.Create(this, request));
        } else if (request.getWatchId() != 0 && watchers.containsKey(request.getWatchId())) {
            WatchScript.refuse("mvcc: duplicate watch ID provided on the WatchStream")
                    .run(new WatchScript.Create(this, request));
        } else {
            etcd.nextWatchScript().run(new WatchScript.Create(this, request));
        }
    }

    private void cancel(long id) {
        if (watchers.remove(id) != null) {
            send(WatchResponse.newBuilder()
                    .setHeader(EtcdModel.header(revision()))
                    .setWatchId(id)
                    .setCanceled(true)
                    .build());
        }
    }

    private void catchUp(long id, Watcher watcher) {
        if (!watcher.active || etcd.holdsEvents()) {
            return;
        }
        if (watcher.next < etcd.model().compacted()) {
            cancelCompacted(id, etcd.model().compacted());
            return;
        }
        WatchCreateRequest request = watcher.request;
        List<Event> events = etcd.model().since(watcher.next, request.getKey(), request.getRangeEnd()).stream()
                .filter(event -> wanted(request, event))
                .map(event -> request.getPrevKv()
                        ? event
                        : event.toBuilder().clearPrevKv().build())
                .toList();
        watcher.next = Math.max(watcher.next, revision() + 1);
        if (!events.isEmpty()) {
            WatchResponse response = WatchResponse.newBuilder()
                    .setHeader(EtcdModel.header(revision()))
                    .setWatchId(id)
                    .addAllEvents(events)
                    .build();
            etcd.shape(response).forEach(this::send);
        }
    }

    private static boolean wanted(WatchCreateRequest request, Event event) {
        FilterType unwanted = event.getType() == EventType.PUT ? FilterType.NOPUT : FilterType.NODELETE;
        return !request.getFiltersList().contains(unwanted);
    }

    /** A status as Go writes it: {@code rpc error: code = InvalidArgument desc = ...}. */
    private static String goText(Status status) {
        StringBuilder code = new StringBuilder();
        for (String word : status.getCode().name().split("_", -1)) {
            code.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return "rpc error: code = " + code + " desc = " + status.getDescription();
    }

    private void forget() {
        ended = true;
        watchers.clear();
        etcd.forget(this);
    }
}
