package dev.rollcall.grpc;

import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call over OkHttp that sends one message; its answer is read by {@link Http2Answer}. Callbacks run on the call's
 * executor, one after the other.
 */
final class Http2Call<Q, R> extends ClientCall<Q, R> {
    private final Http2Peer peer;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final ContentType type;
    private final @Nullable Deadline deadline;
    private final Executor executor;
    private final Semaphore requested = new Semaphore(0);
    private final Queue<Runnable> callbacks = new ArrayDeque<>();

    private @Nullable Listener<R> listener;
    private Metadata headers = new Metadata();
    private @Nullable Q message;
    private @Nullable Call call;
    private boolean running;
    private boolean closed;

    Http2Call(Http2Peer peer, MethodDescriptor<Q, R> method, CallOptions options, ContentType type) {
        this.peer = peer;
        this.method = method;
        this.options = options;
        this.type = type;
        this.deadline = PeerChannel.deadline(options, Context.current());
        this.executor = Objects.requireNonNullElse(options.getExecutor(), Http2Peer.THREADS);
    }

    @Override
    public void start(Listener<R> responses, Metadata given) {
        listener = responses;
        headers = given;
        GrpcPeer.addMicroHeaders(headers, type, deadline);
        if (!method.getType().clientSendsOneMessage()) {
            end(Status.UNIMPLEMENTED.withDescription("content type " + type
                    + " over gRPC: a method that streams its requests (expected: one request, or PROTO)"));
        }
    }

    @Override
    public synchronized void request(int messages) {
        requested.release(Math.min(messages, Integer.MAX_VALUE - requested.availablePermits()));
    }

    @Override
    public void sendMessage(Q given) {
        message = given;
    }

    @Override
    public void halfClose() {
        Call started;
        try {
            started =
                    peer.call(request(Objects.requireNonNull(message, "message")), method.getFullMethodName(), options);
        } catch (StatusRuntimeException unwritable) {
            end(unwritable.getStatus());
            return;
        } catch (IllegalArgumentException unusable) {
            end(Status.INTERNAL.withDescription("request: " + Text.plain(String.valueOf(unusable.getMessage()))));
            return;
        }
        if (deadline != null && deadline.isExpired()) {
            end(overdue());
            return;
        }
        Http2Peer.limit(started, deadline);
        synchronized (this) {
            if (closed) {
                return;
            }
            call = started;
        }
        started.enqueue(new Http2Answer<>(this, method, options, type));
    }

    private Request.Builder request(Q sent) {
        byte[] bytes = MessageCodec.of(method.getRequestMarshaller()).write(type, sent);
        Buffer framed = new Buffer().writeByte(0).writeInt(bytes.length).write(bytes);
        return new Request.Builder()
                .headers(HttpHeaders.of(headers, type, deadline))
                .tag(Deadline.class, deadline)
                .post(RequestBody.create(framed.readByteArray(), null));
    }

    @Override
    public void cancel(@Nullable String reason, @Nullable Throwable cause) {
        end(Status.CANCELLED
                .withDescription(reason == null ? "cancelled" : reason)
                .withCause(cause));
        Call current;
        synchronized (this) {
            current = call;
        }
        if (current != null) {
            current.cancel();
        }
    }

    void answered(Metadata received) {
        later(() -> user().onHeaders(received));
    }

    void received(R answer) {
        later(() -> user().onMessage(answer));
    }

    /** Waits until the caller wants a further message; false when there is no point in waiting on. */
    boolean wanted() throws InterruptedException {
        if (deadline == null) {
            requested.acquire();
        } else if (!requested.tryAcquire(deadline.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS)) {
            return false;
        }
        synchronized (this) {
            return !closed;
        }
    }

    void end(Status status) {
        end(status, new Metadata());
    }

    /** What comes first is the end; everything later is dropped. */
    synchronized void end(Status status, Metadata trailers) {
        if (!closed) {
            later(() -> user().onClose(status, trailers));
            closed = true;
            requested.release();
        }
    }

    Status failed(Exception e) {
        return deadline != null && deadline.isExpired()
                ? overdue().withCause(e)
                : Status.UNAVAILABLE
                        .withDescription("call of " + method.getFullMethodName() + ": "
                                + Text.plain(String.valueOf(e.getMessage())))
                        .withCause(e);
    }

    Status overdue() {
        return Status.DEADLINE_EXCEEDED.withDescription(
                "call of " + method.getFullMethodName() + ": the deadline is over");
    }

    private Listener<R> user() {
        return Objects.requireNonNull(listener, "listener");
    }

    private synchronized void later(Runnable callback) {
        if (closed) {
            return;
        }
        callbacks.add(callback);
        if (!running) {
            running = true;
            try {
                executor.execute(this::runCallbacks);
            } catch (RejectedExecutionException ended) {
                Http2Peer.THREADS.execute(this::runCallbacks);
            }
        }
    }

    private void runCallbacks() {
        while (true) {
            Runnable next;
            synchronized (this) {
                next = callbacks.poll();
                if (next == null) {
                    running = false;
                    return;
                }
            }
            try {
                next.run();
            } catch (RuntimeException thrown) {
                cancel("the caller's listener failed", thrown);
            }
        }
    }
}
