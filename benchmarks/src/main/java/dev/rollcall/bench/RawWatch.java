package dev.rollcall.bench;

import com.google.protobuf.ByteString;
import dev.rollcall.Instance;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.etcd.layout.Layout;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A watch on a bare stub, and puts; each on a connection of its own, so that no answer to a put delays an event. */
final class RawWatch implements AutoCloseable {
    private final ManagedChannel channel;
    private final ManagedChannel puts;
    private final Stamps received;
    private volatile long revision;

    RawWatch(String endpoint, int revisions) {
        channel = channel(endpoint);
        puts = channel(endpoint);
        received = new Stamps(revisions);
    }

    private static ManagedChannel channel(String endpoint) {
        return Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create())
                .directExecutor()
                .build();
    }

    /** When events were received. */
    Stamps received() {
        return received;
    }

    /** The last one that was received. */
    long revision() {
        return revision;
    }

    long put(Layout layout, Instance instance) {
        return KVGrpc.newBlockingStub(puts)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .put(request(layout, instance))
                .getHeader()
                .getRevision();
    }

    /** Puts in one transaction. */
    void put(Layout layout, List<Instance> instances) {
        TxnRequest.Builder puts = TxnRequest.newBuilder();
        instances.forEach(instance -> puts.addSuccess(RequestOp.newBuilder().setRequestPut(request(layout, instance))));
        KVGrpc.newBlockingStub(this.puts).withDeadlineAfter(5, TimeUnit.SECONDS).txn(puts.build());
    }

    private static PutRequest request(Layout layout, Instance instance) {
        Layout.Entry entry = layout.encode(instance).get(0);
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(entry.key()))
                .setValue(ByteString.copyFrom(entry.value()))
                .build();
    }

    void watch(String prefix, long since) throws InterruptedException {
        received.start(since);
        revision = since;
        CountDownLatch created = new CountDownLatch(1);
        StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel).watch(new StreamObserver<WatchResponse>() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.getCreated()) {
                    created.countDown();
                }
                if (response.getEventsCount() > 0) {
                    long last = response.getEvents(response.getEventsCount() - 1)
                            .getKv()
                            .getModRevision();
                    received.note(last);
                    revision = last;
                }
            }

            @Override
            public void onError(Throwable thrown) {}

            @Override
            public void onCompleted() {}
        });
        requests.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(prefix))
                        .setRangeEnd(ByteString.copyFromUtf8(prefix.substring(0, prefix.length() - 1) + '0'))
                        .setStartRevision(since + 1))
                .build());
        if (!created.await(5, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the raw watch was not created in 5 s");
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        puts.shutdownNow();
    }
}
