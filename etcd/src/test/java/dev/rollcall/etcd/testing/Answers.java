package dev.rollcall.etcd.testing;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a stream brings, to be read one by one: messages, then the status it ends with. */
final class Answers<T> implements StreamObserver<T> {
    private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

    /** The next message; fails when the stream ends instead, or nothing comes for ten seconds. */
    @SuppressWarnings("unchecked")
    T next() {
        Object next = poll();
        if (next instanceof Status status) {
            throw status.asRuntimeException();
        }
        return (T) next;
    }

    /** The status the stream ends with; fails when a message comes instead. */
    Status end() {
        Object next = poll();
        if (next instanceof Status status) {
            return status;
        }
        throw new AssertionError("stream: " + next + " (expected: its end)");
    }

    /** True when nothing has come that was not read. */
    boolean isEmpty() {
        return queue.isEmpty();
    }

    private Object poll() {
        try {
            Object next = queue.poll(10, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("stream: nothing in 10 s (expected: an answer)");
            }
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void onNext(T message) {
        queue.add(message);
    }

    @Override
    public void onError(Throwable error) {
        queue.add(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
        queue.add(Status.OK);
    }
}
