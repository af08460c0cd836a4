package dev.rollcall.grpc;

import dev.rollcall.rpc.ContentType;
import io.grpc.Attributes;
import io.grpc.Context.CancellableContext;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * One call being served: the handler's view of a call whose messages are bytes of some content type.
 *
 * <p>The handler ends it on its thread; a bad message, an exception or the deadline may end it first, on another, and what the
 * handler still says is then dropped. So everything that is said goes through this object's lock.
 */
final class MicroCall<Q, R> extends ServerCall<Q, R> {
    private final ServerCall<InputStream, InputStream> raw;
    private final MicroMethod<Q, R> method;
    private final ContentType type;
    private final boolean goMicro;
    private boolean closed;
    private volatile boolean cut;

    MicroCall(ServerCall<InputStream, InputStream> raw, MicroMethod<Q, R> method, ContentType type, boolean goMicro) {
        this.raw = raw;
        this.method = method;
        this.type = type;
        this.goMicro = goMicro;
    }

    /** Ends the call before its handler does, unless that did. */
    void cut(Status status, Metadata trailers) {
        synchronized (this) {
            if (!closed && !cut) {
                cut = true;
                method.failures().close(raw, status, trailers, goMicro);
            }
        }
    }

    private void cut(Throwable failed) {
        Metadata trailers = Status.trailersFromThrowable(failed);
        cut(Status.fromThrowable(failed), trailers == null ? new Metadata() : trailers);
    }

    ServerCall.Listener<InputStream> refuse(Status status) {
        cut(status, new Metadata());
        return new ServerCall.Listener<>() {};
    }

    ServerCall.Listener<InputStream> refuse(Throwable failed) {
        cut(failed);
        return new ServerCall.Listener<>() {};
    }

    ServerCall.Listener<InputStream> listen(ServerCall.Listener<Q> handler, @Nullable CancellableContext limited) {
        return new Incoming(handler, limited);
    }

    @Override
    public void request(int messages) {
        raw.request(messages);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
        if (!cut) {
            raw.sendHeaders(headers);
        }
    }

    @Override
    public void sendMessage(R message) {
        InputStream bytes = method.write(type, message);
        synchronized (this) {
            if (!cut) {
                raw.sendMessage(bytes);
            }
        }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
        if (cut) {
            return;
        }
        closed = true;
        if (status.isOk()) {
            raw.close(status, trailers);
        } else {
            method.failures().close(raw, status, trailers, goMicro);
        }
    }

    @Override
    public boolean isCancelled() {
        return cut || raw.isCancelled();
    }

    @Override
    public boolean isReady() {
        return !cut && raw.isReady();
    }

    @Override
    public void setOnReadyThreshold(int bytes) {
        raw.setOnReadyThreshold(bytes);
    }

    @Override
    public void setMessageCompression(boolean enabled) {
        raw.setMessageCompression(enabled);
    }

    @Override
    public synchronized void setCompression(String compressor) {
        if (!cut) {
            raw.setCompression(compressor);
        }
    }

    @Override
    public SecurityLevel getSecurityLevel() {
        return raw.getSecurityLevel();
    }

    @Override
    public Attributes getAttributes() {
        return raw.getAttributes();
    }

    @Override
    public @Nullable String getAuthority() {
        return raw.getAuthority();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method.descriptor();
    }

    /** What comes from the caller, given to the handler until the call is cut. */
    private final class Incoming extends ServerCall.Listener<InputStream> {
        private final ServerCall.Listener<Q> handler;
        private final @Nullable CancellableContext limited;
        private boolean halfClosed;

        Incoming(ServerCall.Listener<Q> handler, @Nullable CancellableContext limited) {
            this.handler = handler;
            this.limited = limited;
        }

        @Override
        public void onMessage(InputStream message) {
            if (cut || halfClosed) {
                return;
            }
            Q request;
            try {
                request = method.read(type, message);
            } catch (StatusRuntimeException malformed) {
                cut(malformed);
                return;
            }
            guarded(() -> handler.onMessage(request));
            if (goMicro && method.descriptor().getType().clientSendsOneMessage()) {
                onHalfClose(); // go-micro's clients never half-close what they called as a stream
            }
        }

        @Override
        public void onHalfClose() {
            if (!halfClosed) {
                halfClosed = true;
                guarded(handler::onHalfClose);
            }
        }

        @Override
        public void onReady() {
            guarded(handler::onReady);
        }

        @Override
        public void onCancel() {
            end(handler::onCancel);
        }

        @Override
        public void onComplete() {
            end(cut ? handler::onCancel : handler::onComplete);
        }

        private void end(Runnable last) {
            try {
                last.run();
            } finally {
                if (limited != null) {
                    limited.cancel(null);
                }
            }
        }

        private void guarded(Runnable step) {
            if (cut) {
                return;
            }
            try {
                step.run();
            } catch (RuntimeException | Error failed) {
                cut(failed);
            }
        }
    }
}
