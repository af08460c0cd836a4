package login;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** Remembers which instance answered last. */
final class AnsweredBy implements ClientInterceptor {
    private volatile String last = "nobody";

    String last() {
        return last;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                last = String.valueOf(getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR))
                                        .replaceFirst("^.*/", "");
                                super.onClose(status, trailers);
                            }
                        },
                        headers);
            }
        };
    }
}
