package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.CompactionResponse;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import io.grpc.stub.StreamObserver;

/** etcd's KV service. */
final class KvService extends KVGrpc.KVImplBase {
    private final Store store;
    private final Answers answers;

    KvService(Store store) {
        this.store = store;
        this.answers = new Answers(store);
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> out) {
        answers.answer(out, () -> store.range(request));
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> out) {
        answers.answer(out, () -> store.put(request));
    }

    @Override
    public void deleteRange(DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> out) {
        answers.answer(out, () -> store.deleteRange(request));
    }

    @Override
    public void txn(TxnRequest request, StreamObserver<TxnResponse> out) {
        answers.answer(out, () -> store.txn(request));
    }

    @Override
    public void compact(CompactionRequest request, StreamObserver<CompactionResponse> out) {
        answers.answer(out, () -> store.compact(request.getRevision()));
    }
}
