package dev.rollcall.grpc;

import dev.rollcall.Address;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The channel to one instance that speaks gRPC. Protobuf goes through grpc-java; it always says {@code application/grpc}, which
 * go-micro reads as protobuf, so JSON and bytes go another way, {@link Http2Peer}.
 *
 * <p>A call fails when the instance cannot be reached, also with {@code withWaitForReady()}: waiting for another instance is the
 * caller's business.
 */
final class GrpcPeer extends PeerChannel {
    /** Go's servers end a connection that pings more than once in 5 minutes. */
    private static final Duration KEEP_ALIVE = Duration.ofMinutes(6);

    /** On Linux also how long what was sent may stay unacknowledged: a connection to nowhere ends after it. */
    private static final Duration SILENCE = Duration.ofSeconds(20);

    private final Address address;
    private final ManagedChannel channel;
    private @Nullable Http2Peer http2;

    GrpcPeer(Address address) {
        this.address = address;
        channel = Grpc.newChannelBuilderForAddress(address.host(), address.port(), InsecureChannelCredentials.create())
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(SILENCE.toMillis(), TimeUnit.MILLISECONDS)
                .build();
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        ContentType type = options.getOption(ContentType.OPTION);
        if (type != ContentType.PROTO) {
            return http2().newCall(method, options, type);
        }
        Runnable sent = options.getOption(SENT);
        CallOptions traced = options.withoutWaitForReady().withStreamTracerFactory(new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                return new ClientStreamTracer() {
                    @Override
                    public void outboundHeaders() {
                        sent.run();
                    }
                };
            }
        });
        return new SimpleForwardingClientCall<>(channel.newCall(method, traced)) {
            @Override
            public void start(Listener<R> responses, Metadata headers) {
                addMicroHeaders(headers, type, deadline(options, Context.current()));
                super.start(responses, headers);
            }
        };
    }

    /** Made for the first call that needs it: most instances are only ever called in protobuf. */
    private synchronized Http2Peer http2() {
        if (http2 == null) {
            http2 = new Http2Peer(address);
        }
        return http2;
    }

    /** What go-micro's clients send beside gRPC's own headers; its servers take the deadline from here. */
    static void addMicroHeaders(Metadata headers, ContentType type, @Nullable Deadline deadline) {
        headers.discardAll(MicroMethod.MICRO_CONTENT_TYPE);
        headers.discardAll(MicroMethod.TIMEOUT);
        headers.put(MicroMethod.MICRO_CONTENT_TYPE, type.overGrpc());
        if (deadline != null) {
            headers.put(MicroMethod.TIMEOUT, Long.toString(Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS))));
        }
    }

    @Override
    public String authority() {
        return address.toString();
    }

    @Override
    public synchronized void close() {
        channel.shutdown();
        if (http2 != null) {
            http2.close();
        }
    }
}
