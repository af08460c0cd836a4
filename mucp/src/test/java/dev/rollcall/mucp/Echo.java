package dev.rollcall.mucp;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Objects;

/** Answers with a header what came in one, and tries to forge those that frame the answer. */
final class Echo implements ServerInterceptor {
    static final Metadata.Key<String> ANSWER = Metadata.Key.of("x-answer", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> TEXT = Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return next.startCall(
                new SimpleForwardingServerCall<Q, R>(call) {
                    @Override
                    public void sendHeaders(Metadata answer) {
                        answer.put(ANSWER, Objects.requireNonNullElse(headers.get(TEXT), "nothing"));
                        answer.put(Metadata.Key.of("micro-error", Metadata.ASCII_STRING_MARSHALLER), "forged");
                        answer.put(Metadata.Key.of("content-length", Metadata.ASCII_STRING_MARSHALLER), "3");
                        answer.put(Metadata.Key.of("transfer-encoding", Metadata.ASCII_STRING_MARSHALLER), "chunked");
                        super.sendHeaders(answer);
                    }
                },
                headers);
    }
}
