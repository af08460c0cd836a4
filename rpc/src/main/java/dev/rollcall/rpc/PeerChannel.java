package dev.rollcall.rpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import org.jspecify.annotations.Nullable;

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

    /** The call's own deadline or that of what is being served, whichever is sooner; null when there is neither. */
    public static @Nullable Deadline deadline(CallOptions options, Context surrounding) {
        Deadline own = options.getDeadline();
        Deadline outer = surrounding.getDeadline();
        if (own == null || outer == null) {
            return own == null ? outer : own;
        }
        return own.minimum(outer);
    }

    @Override
    public abstract void close();
}
