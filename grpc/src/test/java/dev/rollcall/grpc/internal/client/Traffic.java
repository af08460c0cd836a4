package dev.rollcall.grpc.internal.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls that are not waited for, and what became of them. */
final class Traffic {
    /** A call that failed, and the port of the server it was on last, 0 if it never came to one. */
    record Failed(int port, Status status) {}

    private final ManagedChannel channel;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final Queue<Failed> failed = new ConcurrentLinkedQueue<>();

    Traffic(ManagedChannel channel) {
        this.channel = channel;
    }

    void call() {
        begun.incrementAndGet();
        AtomicInteger port = new AtomicInteger();
        ClientCall<String, String> call = channel.newCall(
                Speaker.SAY,
                CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS).withStreamTracerFactory(new Whereto(port)));
        ClientCalls.asyncUnaryCall(call, "", new StreamObserver<>() {
            @Override
            public void onNext(String value) {
                answered.incrementAndGet();
            }

            @Override
            public void onError(Throwable thrown) {
                failed.add(new Failed(port.get(), Status.fromThrowable(thrown)));
            }

            @Override
            public void onCompleted() {}
        });
    }

    int begun() {
        return begun.get();
    }

    boolean over() {
        return answered.get() + failed.size() == begun.get();
    }

    List<Failed> failed() {
        return List.copyOf(failed);
    }

    private static final class Whereto extends ClientStreamTracer.Factory {
        private final AtomicInteger port;

        Whereto(AtomicInteger port) {
            this.port = port;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void streamCreated(Attributes transport, Metadata sent) {
                    if (transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress address) {
                        port.set(address.getPort());
                    }
                }
            };
        }
    }
}
