package dev.rollcall.mucp;

import dev.rollcall.rpc.CallMetadata;
import dev.rollcall.rpc.MessageCodec;
import dev.rollcall.rpc.Methods;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call as its handler sees it: the messages of a connection become gRPC's callbacks, and what the handler says becomes
 * answers. Callbacks run serially on the handlers' executor, in the call's {@link Context}.
 *
 * <p>Whoever ends the call first, the handler, the deadline or the connection, decides how; the others come too late.
 */
final class ServerExchange<Q, R> extends ServerCall<Q, R> implements Inbox.Reader<byte[]> {
    private static final Logger log = LoggerFactory.getLogger(MucpServiceHost.class);

    private final MucpServer server;
    private final ServerConnection connection;
    private final ServerMethodDefinition<Q, R> method;
    private final MessageCodec<Q> requests;
    private final MessageCodec<R> responses;
    private final Reply reply;
    private final Metadata metadata;
    private final @Nullable String authority;
    private final SerialExecutor callbacks;
    private final Inbox<byte[]> inbox;
    private final Context.CancellableContext context;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean cancelled;
    /** Read and written on the event loop only. */
    private boolean halfClosed;

    private @Nullable Listener<Q> listener;
    private Metadata headers = new Metadata();
    private byte @Nullable [] answer;

    ServerExchange(
            MucpServer server,
            ServerConnection connection,
            ServerMethodDefinition<Q, R> method,
            Reply reply,
            HttpHeaders request,
            OptionalLong timeout) {
        this.server = server;
        this.connection = connection;
        this.method = method;
        this.requests = MessageCodec.of(method.getMethodDescriptor().getRequestMarshaller());
        this.responses = MessageCodec.of(method.getMethodDescriptor().getResponseMarshaller());
        this.reply = reply;
        this.metadata = UserMetadata.read(request);
        this.authority = request.get(HttpHeaderNames.HOST);
        this.callbacks = new SerialExecutor(
                server.handlers(),
                () -> end(Status.UNAVAILABLE.withDescription("no thread is free for one more call")));
        this.inbox = new Inbox<>(callbacks, this);
        Context with = CallMetadata.with(Context.ROOT, metadata);
        this.context = timeout.isPresent()
                ? with.withDeadlineAfter(
                        timeout.getAsLong(),
                        TimeUnit.NANOSECONDS,
                        connection.channel().eventLoop())
                : with.withCancellation();
    }

    /** The body of a stream's first request says nothing. */
    void start(byte[] body) {
        callbacks.execute(this::open);
        connection.begin(this);
        if (!streams()) {
            inbox.add(body);
            inbox.end(() -> tell(Listener::onHalfClose));
        }
        context.addListener(
                over -> {
                    if (over.cancellationCause() instanceof TimeoutException) {
                        end(Status.DEADLINE_EXCEEDED.withDescription("the call's deadline is over"));
                    }
                },
                Runnable::run);
    }

    private void open() {
        Context previous = context.attach();
        try {
            listener = method.getServerCallHandler().startCall(this, metadata);
        } catch (RuntimeException | Error thrown) {
            failed(thrown);
        } finally {
            context.detach(previous);
        }
        tell(Listener::onReady);
    }

    boolean streams() {
        return reply.stream() != null && method.getMethodDescriptor().getType() != MethodDescriptor.MethodType.UNARY;
    }

    @Nullable
    String streamId() {
        return streams() ? reply.stream() : null;
    }

    /** Whether a request is part of this stream, if only by mistake; after the end of the caller's half others wait for it. */
    boolean takes(HttpHeaders request) {
        return streams()
                && (!halfClosed || Objects.equals(reply.stream(), MicroHeaders.find(request, MicroHeaders.STREAM)));
    }

    /** A further message of a stream. */
    void received(HttpHeaders request, byte[] body) {
        String error = MicroHeaders.find(request, MicroHeaders.ERROR);
        if (halfClosed) {
            connection.readMore(); // only asks whether the stream is over
        } else if (MicroHeaders.END_OF_STREAM.equals(error)) {
            halfClosed = true;
            inbox.end(() -> tell(Listener::onHalfClose));
            connection.readMore(); // the end of the connection is still to come
        } else if (error != null || !Objects.equals(reply.stream(), MicroHeaders.find(request, MicroHeaders.STREAM))) {
            end(Status.CANCELLED.withDescription("Micro-Stream: another one, or an error, within a stream"));
        } else {
            inbox.add(body);
            if (method.getMethodDescriptor().getType().clientSendsOneMessage()) {
                halfClosed = true;
                inbox.end(() -> tell(Listener::onHalfClose)); // go-micro's clients do not say so
                connection.readMore();
            }
        }
    }

    @Override
    public void message(byte[] body) {
        tell(told -> told.onMessage(requests.read(reply.type(), body)));
    }

    @Override
    public void empty() {
        if (streams()) {
            connection.readMore();
        }
    }

    void writable() {
        callbacks.execute(() -> tell(Listener::onReady));
    }

    void disconnected() {
        if (ended.compareAndSet(false, true)) {
            cancelled = true;
            // at once, since a handler that is waiting is in the way of all callbacks
            context.cancel(
                    Status.CANCELLED.withDescription("the caller is gone").asRuntimeException());
            callbacks.execute(this::finished);
        }
    }

    /** Ends the call from outside of its handler. */
    private void end(Status status) {
        if (ended.compareAndSet(false, true)) {
            cancelled = true;
            write(reply.error(Incoming.text(status, null, server.service()), new Metadata()));
            connection.wake();
        }
    }

    @Override
    public void request(int count) {
        inbox.request(count);
    }

    @Override
    public void sendHeaders(Metadata sent) {
        headers = sent;
    }

    @Override
    public void sendMessage(R message) {
        if (ended.get()) {
            return;
        }
        byte[] bytes = responses.write(reply.type(), message);
        if (!streams()) {
            if (answer != null) {
                throw new IllegalStateException("answer: a second one (expected: one from a method that is no stream)");
            }
            answer = bytes;
            return;
        }
        connection.awaitWritable(ended);
        if (!ended.get()) {
            connection.write(reply.message(bytes, takeHeaders()));
        }
    }

    @Override
    public boolean isReady() {
        return !ended.get() && connection.writable();
    }

    @Override
    public void close(Status status, Metadata trailers) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        Metadata sent = takeHeaders();
        byte[] message = answer;
        if (!status.isOk()) {
            sent.merge(trailers);
            write(reply.error(Incoming.text(status, trailers, server.service()), sent));
        } else if (streams()) {
            sent.merge(trailers);
            write(reply.error(MicroHeaders.END_OF_STREAM, sent));
        } else if (message == null) {
            log.error("{}: the handler ended a call without an answer", endpoint());
            Status none = Status.INTERNAL.withDescription("no answer");
            write(reply.error(Incoming.text(none, null, server.service()), sent));
        } else {
            sent.merge(trailers);
            write(reply.message(message, sent));
        }
    }

    /** The last answer. */
    private void write(FullHttpResponse last) {
        connection.writeLast(last, written -> {
            cancelled |= !written;
            connection.ended(this);
            callbacks.execute(this::finished);
        });
    }

    private void finished() {
        inbox.discard();
        if (cancelled) {
            context.cancel(Status.CANCELLED.asRuntimeException());
            tell(Listener::onCancel);
        } else {
            tell(Listener::onComplete);
            context.cancel(null);
        }
        listener = null;
    }

    private Metadata takeHeaders() {
        Metadata taken = new Metadata();
        taken.merge(headers);
        headers = new Metadata();
        return taken;
    }

    private void tell(Consumer<Listener<Q>> event) {
        Listener<Q> told = listener;
        if (told == null) {
            return;
        }
        Context previous = context.attach();
        try {
            event.accept(told);
        } catch (RuntimeException | Error thrown) {
            failed(thrown);
        } finally {
            context.detach(previous);
        }
    }

    /** What a handler throws on purpose is its answer; anything else stays here, since it may say what is nobody's business. */
    private void failed(Throwable thrown) {
        inbox.discard();
        if (thrown instanceof StatusRuntimeException meant) {
            close(meant.getStatus(), Objects.requireNonNullElseGet(meant.getTrailers(), Metadata::new));
        } else {
            log.error("{}: the handler failed", endpoint(), thrown);
            close(Status.INTERNAL.withDescription("internal error"), new Metadata());
        }
    }

    private String endpoint() {
        return Methods.endpoint(method.getMethodDescriptor());
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    /** There is none; messages go as they are. */
    @Override
    public void setCompression(String name) {}

    @Override
    public Attributes getAttributes() {
        return Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, connection.channel().remoteAddress())
                .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, connection.channel().localAddress())
                .build();
    }

    @Override
    public @Nullable String getAuthority() {
        return authority;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method.getMethodDescriptor();
    }
}
