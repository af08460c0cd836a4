package dev.rollcall.rpc.interceptors;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs a line for each call, {@code Greeter/Hello OK in 3 ms}: neither messages nor headers, so no secrets. At INFO; at WARN when
 * the server is to blame (INTERNAL, UNKNOWN, UNAVAILABLE, DATA_LOSS).
 */
public final class CallLog implements ServerInterceptor {
    private final Logger log;

    /** Logs to {@code dev.rollcall.calls}. */
    public CallLog() {
        this(LoggerFactory.getLogger("dev.rollcall.calls"));
    }

    public CallLog(Logger log) {
        this.log = log;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        long start = System.nanoTime();
        String method = call.getMethodDescriptor().getFullMethodName();
        ServerCall.Listener<Q> listener = next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        log(method, status.getCode(), start);
                        super.close(status, trailers);
                    }
                },
                headers);
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onCancel() {
                log(method, Status.Code.CANCELLED, start);
                super.onCancel();
            }
        };
    }

    private void log(String method, Status.Code code, long start) {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        switch (code) {
            case INTERNAL, UNKNOWN, UNAVAILABLE, DATA_LOSS -> log.warn("{} {} in {} ms", method, code, millis);
            default -> log.info("{} {} in {} ms", method, code, millis);
        }
    }
}
