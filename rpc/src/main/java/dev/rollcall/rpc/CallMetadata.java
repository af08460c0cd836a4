package dev.rollcall.rpc;

import io.grpc.Context;
import io.grpc.Metadata;

/**
 * The metadata that came with the call being served: the caller's headers, without those of the protocol.
 *
 * <pre>{@code
 * String tenant = CallMetadata.current().get(TENANT);
 * }</pre>
 *
 * <p>It belongs to the call's {@link Context} and is to be read, not changed.
 */
public final class CallMetadata {
    private static final Context.Key<Metadata> KEY = Context.key("dev.rollcall.call-metadata");

    private CallMetadata() {}

    /** Empty outside of a call. */
    public static Metadata current() {
        Metadata found = KEY.get();
        return found == null ? new Metadata() : found;
    }

    /** For servers of a protocol: the context to serve a call in. */
    public static Context with(Context context, Metadata headers) {
        return context.withValue(KEY, headers);
    }
}
