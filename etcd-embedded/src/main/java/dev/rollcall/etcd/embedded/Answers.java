package dev.rollcall.etcd.embedded;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what the store decided, once it will survive, or why it refused. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEtcd.class);

    private final Store store;

    Answers(Store store) {
        this.store = store;
    }

    <T> void answer(StreamObserver<T> out, Supplier<T> question) {
        T answer;
        try {
            answer = question.get();
        } catch (RuntimeException e) {
            out.onError(status(e).asRuntimeException());
            return;
        }
        // a read, too, may have seen what is not on disk yet
        store.whenDurable(() -> {
            out.onNext(answer);
            out.onCompleted();
        });
    }

    /** What a client is told. */
    static Status status(RuntimeException e) {
        if (e instanceof RefusedException refused) {
            return status(refused.refusal());
        }
        LOG.error("the embedded etcd failed at a request", e);
        return Status.INTERNAL.withDescription("embedded etcd: " + e);
    }

    static Status status(Refusal refusal) {
        return Status.fromCodeValue(refusal.code()).withDescription(refusal.text());
    }
}
