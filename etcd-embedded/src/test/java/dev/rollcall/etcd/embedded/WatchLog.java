package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.WatchCancelRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchProgressRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** One watch stream and everything it got. Any thread. */
final class WatchLog implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {
    private final List<WatchResponse> responses = new ArrayList<>();
    private final boolean taking;
    private ClientCallStreamObserver<WatchRequest> requests;
    private Status end;

    private WatchLog(boolean taking) {
        this.taking = taking;
    }

    static WatchLog open(Peer peer) {
        WatchLog log = new WatchLog(true);
        peer.watch().watch(log);
        return log;
    }

    /** A client that takes nothing until {@link #take}. */
    static WatchLog idle(Peer peer) {
        WatchLog log = new WatchLog(false);
        peer.watch().watch(log);
        return log;
    }

    void take(int count) {
        requests.request(count);
    }

    void create(WatchCreateRequest request) {
        requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    void create(String key, long start) {
        create(WatchCreateRequest.newBuilder()
                .setKey(Peer.bytes(key))
                .setStartRevision(start)
                .build());
    }

    void cancel(long id) {
        requests.onNext(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    void progress() {
        requests.onNext(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    void halfClose() {
        requests.onCompleted();
    }

    synchronized List<WatchResponse> responses() {
        return List.copyOf(responses);
    }

    synchronized List<Event> events() {
        return responses.stream().flatMap(r -> r.getEventsList().stream()).toList();
    }

    synchronized List<Event> events(long id) {
        return responses.stream()
                .filter(r -> r.getWatchId() == id)
                .flatMap(r -> r.getEventsList().stream())
                .toList();
    }

    synchronized Status end() {
        return end;
    }

    /** Waits until a response is of this kind. */
    WatchResponse await(Predicate<WatchResponse> kind) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> responses().stream().filter(kind).findFirst().orElse(null), found -> found != null);
    }

    /** Waits until there are as many events. */
    List<Event> awaitEvents(int count) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1))
                .until(this::events, events -> events.size() >= count);
    }

    Status awaitEnd() {
        return Awaitility.await().atMost(Duration.ofSeconds(30)).until(this::end, ended -> ended != null);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
        requests = stream;
        if (!taking) {
            stream.disableAutoRequestWithInitial(0);
        }
    }

    @Override
    public synchronized void onNext(WatchResponse response) {
        responses.add(response);
    }

    @Override
    public synchronized void onError(Throwable cause) {
        end = Status.fromThrowable(cause);
    }

    @Override
    public synchronized void onCompleted() {
        end = Status.OK;
    }

    @Override
    public void close() {
        requests.cancel("test over", null);
    }
}
