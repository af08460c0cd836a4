package dev.rollcall.grpc;

import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/** One unary gRPC call over OkHttp. Its callbacks come in one go at the end, on the call's executor. */
final class Http2Call<Q, R> extends ClientCall<Q, R> {
    private static final int FRAME = 5;
    private static final int LONGEST_TEXT = 200;

    private final Http2Peer peer;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final ContentType type;
    private final @Nullable Deadline deadline;
    private final Executor executor;

    private @Nullable Listener<R> listener;
    private Metadata headers = new Metadata();
    private @Nullable Q message;
    private @Nullable Call call;
    private @Nullable Status cancelled;
    private boolean closed;

    /** What came back. */
    private record Answer<R>(Metadata headers, @Nullable R message, Status status, Metadata trailers) {
        static <R> Answer<R> failed(Status status) {
            return new Answer<>(new Metadata(), null, status, new Metadata());
        }
    }

    Http2Call(Http2Peer peer, MethodDescriptor<Q, R> method, CallOptions options, ContentType type) {
        this.peer = peer;
        this.method = method;
        this.options = options;
        this.type = type;
        this.deadline = GrpcPeer.deadline(options);
        this.executor = Objects.requireNonNullElse(options.getExecutor(), Http2Peer.THREADS);
    }

    @Override
    public void start(Listener<R> responses, Metadata given) {
        listener = responses;
        headers = given;
        GrpcPeer.addMicroHeaders(headers, type, deadline);
        if (method.getType() != MethodType.UNARY) {
            end(Answer.failed(Status.UNIMPLEMENTED.withDescription(
                    "content type " + type + " over gRPC: a method that streams (expected: a unary one, or PROTO)")));
        }
    }

    /** The one message comes when it comes. */
    @Override
    public void request(int messages) {}

    @Override
    public void sendMessage(Q given) {
        message = given;
    }

    @Override
    public void halfClose() {
        synchronized (this) {
            if (cancelled != null || closed || message == null) {
                return;
            }
        }
        Call started;
        try {
            started = peer.call(request(message), method.getFullMethodName(), options);
        } catch (StatusRuntimeException unwritable) {
            end(Answer.failed(unwritable.getStatus()));
            return;
        } catch (IllegalArgumentException unusable) {
            end(Answer.failed(Status.INTERNAL.withDescription(Text.plain(String.valueOf(unusable.getMessage())))));
            return;
        }
        if (deadline != null) {
            long left = deadline.timeRemaining(TimeUnit.NANOSECONDS);
            if (left <= 0) {
                end(Answer.failed(overdue()));
                return;
            }
            started.timeout().timeout(left, TimeUnit.NANOSECONDS);
        }
        Status ended;
        synchronized (this) {
            call = started;
            ended = cancelled;
        }
        if (ended == null) {
            started.enqueue(new Receiver());
        }
    }

    private Request.Builder request(Q sent) {
        byte[] bytes = MessageCodec.of(method.getRequestMarshaller()).write(type, sent);
        Buffer framed = new Buffer().writeByte(0).writeInt(bytes.length).write(bytes);
        Request.Builder request = new Request.Builder().post(RequestBody.create(framed.readByteArray(), null));
        request.headers(HttpHeaders.of(headers, type, deadline));
        return request;
    }

    @Override
    public void cancel(@Nullable String reason, @Nullable Throwable cause) {
        Status status = Status.CANCELLED
                .withDescription(reason == null ? "cancelled" : reason)
                .withCause(cause);
        Call current;
        synchronized (this) {
            if (cancelled != null) {
                return;
            }
            cancelled = status;
            current = call;
        }
        if (current != null) {
            current.cancel();
        }
        end(Answer.failed(status));
    }

    private void end(Answer<R> answer) {
        Listener<R> user = Objects.requireNonNull(listener, "listener");
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Runnable last = () -> {
            if (answer.message() != null) {
                user.onHeaders(answer.headers());
                user.onMessage(answer.message());
            }
            user.onClose(answer.status(), answer.trailers());
        };
        try {
            executor.execute(last);
        } catch (RejectedExecutionException ended) {
            last.run();
        }
    }

    private Status overdue() {
        return Status.DEADLINE_EXCEEDED.withDescription(
                "call of " + method.getFullMethodName() + ": the deadline is over");
    }

    private final class Receiver implements Callback {
        @Override
        public void onFailure(Call failed, IOException e) {
            end(Answer.failed(failure(e)));
        }

        private Status failure(IOException e) {
            if (deadline != null && deadline.isExpired()) {
                return overdue().withCause(e);
            }
            return Status.UNAVAILABLE
                    .withDescription(
                            "call of " + method.getFullMethodName() + ": " + Text.plain(String.valueOf(e.getMessage())))
                    .withCause(e);
        }

        @Override
        public void onResponse(Call answered, Response response) {
            try (response) {
                end(answer(response));
            } catch (IOException cut) {
                end(Answer.failed(failure(cut)));
            } catch (StatusRuntimeException unreadable) {
                end(Answer.failed(unreadable.getStatus()));
            } catch (RuntimeException unexpected) {
                end(Answer.failed(
                        Status.INTERNAL.withDescription("answer: not readable").withCause(unexpected)));
            }
        }

        private Answer<R> answer(Response response) throws IOException {
            String contentType = String.valueOf(response.header("content-type"));
            BufferedSource body = response.body().source();
            if (response.code() != 200 || !contentType.startsWith("application/grpc")) {
                body.request(LONGEST_TEXT);
                return Answer.failed(HttpHeaders.status(response.code())
                        .withDescription("answer: HTTP " + response.code() + ", " + Text.quote(contentType)
                                + " (expected: 200, application/grpc): "
                                + Text.plain(body.getBuffer().snapshot().utf8())));
            }
            Metadata received = HttpHeaders.metadata(response.headers());
            R message = null;
            if (!body.exhausted()) {
                message = MessageCodec.of(method.getResponseMarshaller()).read(type, message(body));
                if (!body.exhausted()) {
                    throw Status.INTERNAL
                            .withDescription("answer: two messages (expected: one)")
                            .asRuntimeException();
                }
            }
            Metadata trailers = response.trailers().size() == 0 ? received : HttpHeaders.metadata(response.trailers());
            Status status = HttpHeaders.status(trailers);
            if (status.isOk() && message == null) {
                status = Status.INTERNAL.withDescription("answer: no message (expected: one)");
            }
            return new Answer<>(received, status.isOk() ? message : null, status, trailers);
        }

        private byte[] message(BufferedSource body) throws IOException {
            body.require(FRAME);
            byte compressed = body.readByte();
            int length = body.readInt();
            Integer given = options.getMaxInboundMessageSize();
            int limit = given == null ? GrpcServiceHost.LARGEST_MESSAGE : given;
            if (compressed != 0) {
                throw Status.INTERNAL
                        .withDescription("answer: compressed, which nobody asked for")
                        .asRuntimeException();
            }
            if (length < 0 || length > limit) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription("answer: " + Integer.toUnsignedString(length) + " bytes (expected: at most "
                                + limit + ")")
                        .asRuntimeException();
            }
            return body.readByteArray(length);
        }
    }
}
