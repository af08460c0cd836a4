package dev.rollcall.etcd.internal.client;

import io.grpc.Status;

/** What a call of etcd comes back with; exactly one of the two is called, once, in the engine's context. */
public interface Reply<T> {
    void answered(T answer);

    /** The call failed; unless it was a read, it may have been carried out all the same. */
    void failed(Status status);
}
