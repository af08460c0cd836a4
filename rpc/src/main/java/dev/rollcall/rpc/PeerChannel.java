package dev.rollcall.rpc;

import io.grpc.CallOptions;
import io.grpc.Channel;

/**
 * The channel to one instance, over one protocol. Safe for use by many threads.
 *
 * <p>{@link #close()} returns at once and takes no new calls; calls under way end by themselves, within their deadlines.
 */
public abstract class PeerChannel extends Channel implements AutoCloseable {
    /**
     * Given by the caller; run by the channel before the first byte of a request goes to the wire. A call that failed without it
     * was surely not executed, and may be made elsewhere.
     */
    public static final CallOptions.Key<Runnable> SENT =
            CallOptions.Key.createWithDefault("dev.rollcall.sent", () -> {});

    @Override
    public abstract void close();
}
