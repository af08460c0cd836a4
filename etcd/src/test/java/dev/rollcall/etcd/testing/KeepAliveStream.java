package dev.rollcall.etcd.testing;

import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** One client's stream of keepalives, under the lock of its {@link ScriptedEtcd}. */
final class KeepAliveStream implements StreamObserver<LeaseKeepAliveRequest> {
    private final ScriptedEtcd etcd;
    private final StreamObserver<LeaseKeepAliveResponse> out;
    private boolean ended;

    KeepAliveStream(ScriptedEtcd etcd, StreamObserver<LeaseKeepAliveResponse> out) {
        this.etcd = etcd;
        this.out = out;
    }

    void end(Status status) {
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
    public void onNext(LeaseKeepAliveRequest request) {
        etcd.locked(() -> {
            etcd.record("LeaseKeepAlive", request);
            if (!ended) {
                etcd.keepAlive(request).ifPresent(out::onNext);
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

    private void forget() {
        ended = true;
        etcd.forget(this);
    }
}
