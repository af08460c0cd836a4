package dev.rollcall.grpc;

import dev.rollcall.Text;
import dev.rollcall.rpc.CallMetadata;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves one method to callers of every kind: reads the content type, go-micro's {@code timeout} and the metadata of a call, and
 * then has the method's own handler do the rest. On the wire side messages are bytes, so grpc-java does not mind which bytes.
 *
 * @param <Q> the request
 * @param <R> the response
 */
final class MicroMethod<Q, R> implements ServerCallHandler<InputStream, InputStream> {
    /** Leaves the reading to {@link #read}, which happens while grpc-java still holds the message. */
    static final Marshaller<InputStream> AS_IT_IS = new Marshaller<>() {
        @Override
        public InputStream stream(InputStream value) {
            return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
            return stream;
        }
    };

    static final Metadata.Key<String> CONTENT_TYPE = Metadata.Key.of("content-type", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> MICRO_CONTENT_TYPE =
            Metadata.Key.of("x-content-type", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> TIMEOUT = Metadata.Key.of("timeout", Metadata.ASCII_STRING_MARSHALLER);

    private final ServerMethodDefinition<Q, R> method;
    private final MessageCodec<Q> requests;
    private final MessageCodec<R> responses;
    private final Failures failures;
    private final ScheduledExecutorService timer;

    private MicroMethod(ServerMethodDefinition<Q, R> method, String service, ScheduledExecutorService timer) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        this.method = method;
        this.requests = MessageCodec.of(descriptor.getRequestMarshaller());
        this.responses = MessageCodec.of(descriptor.getResponseMarshaller());
        this.failures = new Failures(service, descriptor.getFullMethodName());
        this.timer = timer;
    }

    /** The same service for callers of every kind. */
    static ServerServiceDefinition serve(ServerServiceDefinition service, String name, ScheduledExecutorService timer) {
        ServiceDescriptor given = service.getServiceDescriptor();
        ServiceDescriptor.Builder described =
                ServiceDescriptor.newBuilder(given.getName()).setSchemaDescriptor(given.getSchemaDescriptor());
        var methods = service.getMethods().stream()
                .map(method -> of(method, name, timer))
                .toList();
        methods.forEach(method -> described.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder served = ServerServiceDefinition.builder(described.build());
        methods.forEach(served::addMethod);
        return served.build();
    }

    private static <Q, R> ServerMethodDefinition<InputStream, InputStream> of(
            ServerMethodDefinition<Q, R> method, String name, ScheduledExecutorService timer) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        // what is typed as one request grpc-java holds back until the half-close, which go-micro's streams leave out
        MethodType many =
                descriptor.getType().serverSendsOneMessage() ? MethodType.CLIENT_STREAMING : MethodType.BIDI_STREAMING;
        return ServerMethodDefinition.create(
                descriptor.toBuilder(AS_IT_IS, AS_IT_IS).setType(many).build(), new MicroMethod<>(method, name, timer));
    }

    @Override
    public ServerCall.Listener<InputStream> startCall(ServerCall<InputStream, InputStream> raw, Metadata headers) {
        boolean goMicro = headers.containsKey(MICRO_CONTENT_TYPE);
        String named = headers.get(CONTENT_TYPE);
        Optional<ContentType> type = ContentType.parse(named == null ? "application/grpc" : named);
        MicroCall<Q, R> call = new MicroCall<>(raw, this, type.orElse(ContentType.PROTO), goMicro);
        String timeout = headers.get(TIMEOUT);
        headers.discardAll(TIMEOUT);
        headers.discardAll(MICRO_CONTENT_TYPE);
        if (type.isEmpty()) {
            return call.refuse(Status.INVALID_ARGUMENT.withDescription(
                    "content-type: " + Text.quote(named) + " (expected: application/grpc, +proto, +json or +bytes)"));
        }
        Context context = CallMetadata.with(Context.current(), headers);
        if (timeout == null) {
            return start(call, headers, context, null);
        }
        long nanos;
        try {
            nanos = Long.parseUnsignedLong(timeout);
        } catch (NumberFormatException bad) {
            return call.refuse(Status.INVALID_ARGUMENT.withDescription(
                    "timeout: " + Text.quote(timeout) + " (expected: a number of nanoseconds)"));
        }
        Deadline deadline = Deadline.after(nanos < 0 ? Long.MAX_VALUE : nanos, TimeUnit.NANOSECONDS);
        Deadline sooner = context.getDeadline();
        if (sooner != null && sooner.isBefore(deadline)) {
            return start(call, headers, context, null);
        }
        CancellableContext limited = context.withDeadline(deadline, timer);
        limited.addListener(
                over -> {
                    if (deadline.isExpired()) {
                        call.cut(
                                Status.DEADLINE_EXCEEDED.withDescription("the caller's timeout is over"),
                                new Metadata());
                    }
                },
                Runnable::run);
        return start(call, headers, limited, limited);
    }

    private ServerCall.Listener<InputStream> start(
            MicroCall<Q, R> call, Metadata headers, Context context, @Nullable CancellableContext limited) {
        try {
            return call.listen(Contexts.interceptCall(context, call, headers, method.getServerCallHandler()), limited);
        } catch (RuntimeException | Error failed) {
            if (limited != null) {
                limited.cancel(null);
            }
            return call.refuse(failed);
        }
    }

    MethodDescriptor<Q, R> descriptor() {
        return method.getMethodDescriptor();
    }

    Failures failures() {
        return failures;
    }

    /** Throws a StatusRuntimeException, INVALID_ARGUMENT when the message is not of this method's type. */
    Q read(ContentType type, InputStream message) {
        if (type != ContentType.PROTO) {
            return requests.read(type, bytes(message));
        }
        try {
            return descriptor().parseRequest(message);
        } catch (StatusRuntimeException malformed) {
            throw malformed.getStatus().getCode() == Status.Code.INTERNAL
                    ? Status.INVALID_ARGUMENT
                            .withDescription("message: not readable (expected: protobuf)")
                            .asRuntimeException()
                    : malformed;
        }
    }

    InputStream write(ContentType type, R message) {
        return type == ContentType.PROTO
                ? descriptor().streamResponse(message)
                : new ByteArrayInputStream(responses.write(type, message));
    }

    private static byte[] bytes(InputStream message) {
        try {
            return message.readAllBytes();
        } catch (IOException cut) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("message: cut short")
                    .withCause(cut)
                    .asRuntimeException();
        }
    }
}
