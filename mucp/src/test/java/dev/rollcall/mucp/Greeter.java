package dev.rollcall.mucp;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.CallMetadata;
import dev.rollcall.rpc.MicroError;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the captured Go program serves, and some more: the name says what is to happen. */
final class Greeter extends GreeterGrpc.GreeterImplBase {
    final AtomicInteger calls = new AtomicInteger();
    final CountDownLatch cancelled = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);
    final CountDownLatch held = new CountDownLatch(1);
    final AtomicInteger sent = new AtomicInteger();
    final BlockingQueue<Metadata> metadata = new LinkedBlockingQueue<>();
    final BlockingQueue<Long> remaining = new LinkedBlockingQueue<>();
    final BlockingQueue<String> threads = new LinkedBlockingQueue<>();

    @Override
    public void hello(Req request, StreamObserver<Rsp> answers) {
        calls.incrementAndGet();
        if (request.getName().startsWith("load")) {
            answers.onNext(rsp("hello " + request.getName()));
            answers.onCompleted();
            return;
        }
        metadata.add(CallMetadata.current());
        threads.add(Thread.currentThread().getName());
        if (Context.current().getDeadline() != null) {
            remaining.add(Context.current().getDeadline().timeRemaining(TimeUnit.NANOSECONDS));
        }
        switch (request.getName()) {
            case "bad" ->
                answers.onError(MicroError.of("go.micro.srv.greeter", 400, "bad name bad")
                        .toException());
            case "plain" ->
                answers.onError(Status.UNKNOWN.withDescription("plain failure").asRuntimeException());
            case "lines" ->
                answers.onError(Status.INTERNAL
                        .withDescription("one\r\ntwo: caf\u00e9 \u4e16\u754c")
                        .asRuntimeException());
            case "secret" -> throw new IllegalStateException("the password is 1234");
            case "hold" -> {
                ((ServerCallStreamObserver<Rsp>) answers).setOnCancelHandler(cancelled::countDown);
                hold(answers);
            }
            case "wait" -> {
                Context.current().addListener(over -> cancelled.countDown(), Runnable::run);
                held.countDown();
                try {
                    released.await();
                } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                }
            }
            case "large" -> {
                answers.onNext(rsp("x".repeat((int) request.getAge())));
                answers.onCompleted();
            }
            default -> {
                answers.onNext(rsp("hello " + request.getName()));
                answers.onCompleted();
            }
        }
    }

    @Override
    public void again(Req request, StreamObserver<Rsp> answers) {
        hello(request, answers);
    }

    private void hold(StreamObserver<Rsp> answers) {
        held.countDown();
        Thread waiting = new Thread(() -> {
            try {
                released.await();
                answers.onNext(rsp("held"));
                answers.onCompleted();
            } catch (InterruptedException | RuntimeException tooLate) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.setDaemon(true);
        waiting.start();
    }

    /** As many as the age says, numbered from 0; as in the Go program 2 without one. */
    @Override
    public void count(Req request, StreamObserver<Rsp> answers) {
        var observer = (ServerCallStreamObserver<Rsp>) answers;
        observer.setOnCancelHandler(cancelled::countDown);
        if (request.getName().equals("hold")) {
            hold(answers);
            return;
        }
        long most = request.getAge() == 0 ? 2 : request.getAge();
        for (long i = 0; i < most && !observer.isCancelled(); i++) {
            answers.onNext(rsp(request.getName() + i));
            sent.incrementAndGet();
        }
        if (request.getName().equals("bad")) {
            answers.onError(
                    MicroError.of("go.micro.srv.greeter", 409, "had enough").toException());
        } else {
            answers.onCompleted();
        }
    }

    @Override
    public StreamObserver<Req> collect(StreamObserver<Rsp> answers) {
        List<String> names = new ArrayList<>();
        return observer(request -> names.add(request.getName()), () -> {
            if (names.contains("hold")) {
                hold(answers);
            } else {
                answers.onNext(rsp(String.join(",", names)));
                answers.onCompleted();
            }
        });
    }

    @Override
    public StreamObserver<Req> chat(StreamObserver<Rsp> answers) {
        ((ServerCallStreamObserver<Rsp>) answers).setOnCancelHandler(cancelled::countDown);
        return observer(request -> answers.onNext(rsp("hello " + request.getName())), answers::onCompleted);
    }

    private interface Each {
        void next(Req request);
    }

    private StreamObserver<Req> observer(Each each, Runnable end) {
        return new StreamObserver<>() {
            @Override
            public void onNext(Req request) {
                calls.incrementAndGet();
                each.next(request);
            }

            @Override
            public void onError(Throwable thrown) {}

            @Override
            public void onCompleted() {
                end.run();
            }
        };
    }

    private static Rsp rsp(String msg) {
        return Rsp.newBuilder().setMsg(msg).build();
    }
}
