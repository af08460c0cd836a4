package dev.rollcall.etcd.testing;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A watch of everything below a prefix, as a Go kit reader has one: each answer with events makes that reader read all of
 * the prefix again. Any thread may ask.
 */
public final class RawWatch implements AutoCloseable {
    private final ManagedChannel channel;
    private final List<WatchResponse> answers = new CopyOnWriteArrayList<>();

    private RawWatch(String endpoint, String prefix, long revision) {
        channel = Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .maxInboundMessageSize(64 << 20)
                .build();
        ByteString from = ByteString.copyFromUtf8(prefix);
        ByteString end = ByteString.copyFromUtf8(
                prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1));
        StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel)
                .withWaitForReady()
                .watch(new StreamObserver<>() {
                    @Override
                    public void onNext(WatchResponse answer) {
                        answers.add(answer);
                    }

                    @Override
                    public void onError(Throwable ended) {}

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(from)
                        .setRangeEnd(end)
                        .setStartRevision(revision))
                .build());
    }

    /**
     * For an etcd without TLS and users.
     *
     * @param revision to begin with, 0 for from now on
     */
    public static RawWatch of(String endpoint, String prefix, long revision) {
        return new RawWatch(endpoint, prefix, revision);
    }

    /** Whether it has begun. */
    public boolean created() {
        return !answers.isEmpty();
    }

    /** How many answers have told of changes so far. */
    public long answers() {
        return answers.stream().filter(answer -> answer.getEventsCount() > 0).count();
    }

    /** In how many revisions these changes were: as many answers, if each comes at once. */
    public long revisions() {
        return answers.stream()
                .flatMap(answer -> answer.getEventsList().stream())
                .map(event -> event.getKv().getModRevision())
                .distinct()
                .count();
    }

    /** How many keys have changed so far, each change counted. */
    public int events() {
        return answers.stream().mapToInt(WatchResponse::getEventsCount).sum();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
