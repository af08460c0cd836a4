package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicBoolean;

/** etcd's Lease service. */
final class LeaseService extends LeaseGrpc.LeaseImplBase {
    private final Store store;
    private final Answers answers;

    LeaseService(Store store) {
        this.store = store;
        this.answers = new Answers(store);
    }

    @Override
    public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> out) {
        answers.answer(out, () -> store.leases().grant(request.getID(), request.getTTL()));
    }

    @Override
    public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> out) {
        answers.answer(out, () -> store.leases().revoke(request.getID()));
    }

    @Override
    public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> out) {
        answers.answer(out, () -> store.leases().timeToLive(request.getID(), request.getKeys()));
    }

    @Override
    public void leaseLeases(LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> out) {
        answers.answer(out, store.leases()::all);
    }

    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> out) {
        return new KeepAlives(store, (ServerCallStreamObserver<LeaseKeepAliveResponse>) out);
    }

    /** One stream: an answer to each request, in order; the next one is read when the client takes the answers. */
    private static final class KeepAlives implements StreamObserver<LeaseKeepAliveRequest> {
        private final Store store;
        private final ServerCallStreamObserver<LeaseKeepAliveResponse> out;
        private final AtomicBoolean waiting = new AtomicBoolean(true);

        KeepAlives(Store store, ServerCallStreamObserver<LeaseKeepAliveResponse> out) {
            this.store = store;
            this.out = out;
            out.disableAutoRequest();
            out.setOnCancelHandler(() -> {});
            out.setOnReadyHandler(this::ready);
        }

        @Override
        public void onNext(LeaseKeepAliveRequest request) {
            long seconds = store.leases().keepAlive(request.getID());
            out.onNext(LeaseKeepAliveResponse.newBuilder()
                    .setHeader(Headers.at(store.revision()))
                    .setID(request.getID())
                    .setTTL(seconds)
                    .build());
            waiting.set(true);
            ready();
        }

        private void ready() {
            if (out.isReady() && waiting.compareAndSet(true, false)) {
                out.request(1);
            }
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            out.onCompleted();
        }
    }
}
