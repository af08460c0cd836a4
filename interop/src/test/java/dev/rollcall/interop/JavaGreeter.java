package dev.rollcall.interop;

import dev.rollcall.interop.greeter.CountReply;
import dev.rollcall.interop.greeter.CountRequest;
import dev.rollcall.interop.greeter.GreeterGrpc;
import dev.rollcall.interop.greeter.HelloReply;
import dev.rollcall.interop.greeter.HelloRequest;
import dev.rollcall.rpc.CallMetadata;
import dev.rollcall.rpc.MicroError;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The service of greeter.proto, as the Go programs serve it. */
final class JavaGreeter extends GreeterGrpc.GreeterImplBase {
    private final String server;
    /** How many milliseconds a call had waited when its caller gave it up. */
    final BlockingQueue<Long> gaveUp = new LinkedBlockingQueue<>();

    JavaGreeter(String server) {
        this.server = server;
    }

    @Override
    public void hello(HelloRequest request, StreamObserver<HelloReply> replies) {
        answer(request, replies, true);
    }

    private boolean answer(HelloRequest request, StreamObserver<HelloReply> replies, boolean last) {
        if (!pause(request.getWait())) {
            replies.onError(MicroError.of(server, 408, "the caller gave up").toException());
            return false;
        }
        if (request.getCode() > 0) {
            replies.onError(MicroError.of(server, request.getCode(), request.getDetail())
                    .toException());
            return false;
        }
        replies.onNext(HelloReply.newBuilder()
                .setFrom(request.getTo())
                .setTo(request.getFrom())
                .setMsg("hello " + request.getFrom() + ": " + request.getMsg())
                .setServer(server)
                .putAllMetadata(metadata())
                .build());
        if (last) {
            replies.onCompleted();
        }
        return true;
    }

    private static Map<String, String> metadata() {
        Metadata received = CallMetadata.current();
        Map<String, String> all = new TreeMap<>();
        for (String key : received.keys()) {
            if (!key.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                String value = received.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
                all.put(key, value == null ? "" : value);
            }
        }
        return all;
    }

    @Override
    public void count(CountRequest request, StreamObserver<CountReply> replies) {
        for (int number = 1; number <= request.getTo(); number++) {
            if (!pause(request.getWait())) {
                return;
            }
            replies.onNext(
                    CountReply.newBuilder().setNumber(number).setServer(server).build());
        }
        if (request.getCode() > 0) {
            replies.onError(MicroError.of(server, request.getCode(), request.getDetail())
                    .toException());
        } else {
            replies.onCompleted();
        }
    }

    @Override
    public StreamObserver<HelloRequest> chat(StreamObserver<HelloReply> replies) {
        return new StreamObserver<>() {
            @Override
            public void onNext(HelloRequest request) {
                answer(request, replies, false);
            }

            @Override
            public void onError(Throwable gone) {
                // the caller is gone, and so is the stream
            }

            @Override
            public void onCompleted() {
                replies.onCompleted();
            }
        };
    }

    /** False when the call ended before. */
    private boolean pause(int millis) {
        if (millis == 0) {
            return true;
        }
        long began = System.nanoTime();
        CountDownLatch ended = new CountDownLatch(1);
        Context.CancellationListener listener = context -> ended.countDown();
        Context context = Context.current();
        context.addListener(listener, Runnable::run);
        try {
            if (ended.await(millis, TimeUnit.MILLISECONDS)) {
                gaveUp.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
                return false;
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            context.removeListener(listener);
        }
    }
}
