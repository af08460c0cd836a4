package dev.rollcall.cli;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import dev.rollcall.rpc.Methods;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Calls an endpoint without generated code: JSON in, JSON out, one request and one answer or a stream of them. */
final class DynamicCall {
    private final Channel channel;
    private final Duration deadline;

    DynamicCall(Channel channel, Map<String, String> metadata, Duration deadline) {
        Metadata headers = new Metadata();
        metadata.forEach((key, value) -> headers.put(key(key), value));
        ClientInterceptor attach = MetadataUtils.newAttachHeadersInterceptor(headers);
        this.channel = ClientInterceptors.intercept(channel, attach);
        this.deadline = deadline;
    }

    private static Metadata.Key<String> key(String name) {
        try {
            return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
        } catch (IllegalArgumentException malformed) {
            throw new ConfigurationException(
                    "metadata: " + Text.quote(name) + " (expected: a header's name of letters, digits, - _ .)");
        }
    }

    /** A call whose message goes out as the JSON it is; for peers that take it. */
    void json(String service, String endpoint, boolean streams, String request, Consumer<String> reply) {
        MethodType type = streams ? MethodType.SERVER_STREAMING : MethodType.UNARY;
        call(
                Methods.raw(service, endpoint, type),
                ContentType.JSON,
                request.getBytes(StandardCharsets.UTF_8),
                bytes -> reply.accept(new String(bytes, StandardCharsets.UTF_8).strip()));
    }

    /** A call whose messages are translated from and to JSON here. */
    void described(MethodDescriptor method, String request, Consumer<String> reply) {
        if (method.isClientStreaming()) {
            throw Status.UNIMPLEMENTED
                    .withDescription(method.getFullName() + " streams its requests (expected: one request)")
                    .asRuntimeException();
        }
        Marshaller<DynamicMessage> requests = marshaller(DynamicMessage.getDefaultInstance(method.getInputType()));
        Marshaller<DynamicMessage> replies = marshaller(DynamicMessage.getDefaultInstance(method.getOutputType()));
        MessageCodec<DynamicMessage> in = MessageCodec.of(requests);
        MessageCodec<DynamicMessage> out = MessageCodec.of(replies);
        io.grpc.MethodDescriptor<DynamicMessage, DynamicMessage> descriptor =
                io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                        .setType(method.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY)
                        .setFullMethodName(io.grpc.MethodDescriptor.generateFullMethodName(
                                method.getService().getFullName(), method.getName()))
                        .setRequestMarshaller(requests)
                        .setResponseMarshaller(replies)
                        .build();
        call(
                descriptor,
                ContentType.PROTO,
                in.read(ContentType.JSON, request.getBytes(StandardCharsets.UTF_8)),
                message -> reply.accept(new String(out.write(ContentType.JSON, message), StandardCharsets.UTF_8)));
    }

    private static Marshaller<DynamicMessage> marshaller(DynamicMessage prototype) {
        return ProtoUtils.marshaller(prototype);
    }

    private <Q, R> void call(
            io.grpc.MethodDescriptor<Q, R> method, ContentType type, Q request, Consumer<? super R> reply) {
        CallOptions options = CallOptions.DEFAULT
                .withOption(ContentType.OPTION, type)
                .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
        if (method.getType() == MethodType.UNARY) {
            reply.accept(ClientCalls.blockingUnaryCall(channel, method, options, request));
            return;
        }
        ClientCalls.blockingServerStreamingCall(channel, method, options, request)
                .forEachRemaining(reply);
    }
}
