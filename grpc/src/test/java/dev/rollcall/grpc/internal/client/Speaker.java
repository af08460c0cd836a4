package dev.rollcall.grpc.internal.client;

import dev.rollcall.Instance;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gRPC server on loopback whose one method answers with the server's name, or as it was told. */
final class Speaker implements AutoCloseable {
    static final String SERVICE = "svc.speaker";

    static final MethodDescriptor<String, String> SAY = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("speaker.Speaker/Say")
            .setRequestMarshaller(new Utf8())
            .setResponseMarshaller(new Utf8())
            .build();

    private final String name;
    private final Server server;
    private final int port;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile @Nullable Status failure;
    private volatile @Nullable CountDownLatch hold;
    private volatile boolean slow;

    Speaker(String name) {
        this(name, 0);
    }

    Speaker(String name, int wanted) {
        this.name = name;
        this.server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted))
                .addService(ServerServiceDefinition.builder("speaker.Speaker")
                        .addMethod(SAY, ServerCalls.asyncUnaryCall(this::say))
                        .build())
                .addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes transport) {
                        connections.incrementAndGet();
                        return transport;
                    }
                })
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.port = server.getPort();
    }

    private void say(String ignored, StreamObserver<String> answer) {
        calls.incrementAndGet();
        CountDownLatch latch = hold;
        if (latch != null) {
            try {
                latch.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (slow) {
            CompletableFuture.delayedExecutor(10, TimeUnit.MILLISECONDS).execute(() -> answer(answer));
        } else {
            answer(answer);
        }
    }

    private void answer(StreamObserver<String> answer) {
        Status status = failure;
        if (status != null) {
            answer.onError(status.asRuntimeException());
        } else {
            answer.onNext(name);
            answer.onCompleted();
        }
    }

    static String call(Channel channel) {
        return call(channel, CallOptions.DEFAULT);
    }

    static String call(Channel channel, CallOptions options) {
        CallOptions bounded = options.getDeadline() == null ? options.withDeadlineAfter(30, TimeUnit.SECONDS) : options;
        return ClientCalls.blockingUnaryCall(channel, SAY, bounded, "");
    }

    Instance instance() {
        return Instance.of(SERVICE, InetAddress.getLoopbackAddress().getHostAddress(), port())
                .withId(name);
    }

    int port() {
        return port;
    }

    /** How many connections there ever were. */
    int connections() {
        return connections.get();
    }

    /** How many calls arrived. */
    int calls() {
        return calls.get();
    }

    /** From now on every call ends so; null ends that. */
    void fail(@Nullable Status status) {
        failure = status;
    }

    /** From now on an answer takes a hundredth of a second, so that some calls are always in flight. */
    void slow() {
        slow = true;
    }

    /** From now on calls are not answered before the latch is open. */
    void hold(@Nullable CountDownLatch latch) {
        hold = latch;
    }

    /** Takes no new calls, answers those in flight, and stops. */
    void leave() {
        server.shutdown();
        awaitEnd();
    }

    /** Stops at once: calls in flight fail, connections break. */
    void kill() {
        server.shutdownNow();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            server.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        kill();
    }

    private static final class Utf8 implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
