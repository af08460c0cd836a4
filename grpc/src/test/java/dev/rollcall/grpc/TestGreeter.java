package dev.rollcall.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import dev.rollcall.grpc.servertest.CountReply;
import dev.rollcall.grpc.servertest.CountRequest;
import dev.rollcall.grpc.servertest.GreeterGrpc;
import dev.rollcall.grpc.servertest.HelloReply;
import dev.rollcall.grpc.servertest.HelloRequest;
import dev.rollcall.rpc.CallMetadata;
import dev.rollcall.rpc.MicroError;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Does what the request's {@code msg} says. */
final class TestGreeter extends GreeterGrpc.GreeterImplBase {
    static final Metadata.Key<String> USER = Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER);

    /** Counted down when a call that waits has begun. */
    final CountDownLatch waiting = new CountDownLatch(1);
    /** Ends the calls that wait. */
    final CountDownLatch release = new CountDownLatch(1);
    /** Counted down when a waiting call saw that its context was cancelled. */
    final CountDownLatch cancelled = new CountDownLatch(1);

    @Override
    public void hello(HelloRequest request, StreamObserver<HelloReply> reply) {
        switch (request.getMsg()) {
            case "bad name" ->
                throw MicroError.of("hello.srv.say", 400, "bad name bad").toException();
            case "status" ->
                reply.onError(Status.NOT_FOUND.withDescription("no such user").asRuntimeException());
            case "details" ->
                reply.onError(StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                        .setCode(Code.FAILED_PRECONDITION_VALUE)
                        .setMessage("too late")
                        .addDetails(Any.pack(
                                ErrorInfo.newBuilder().setReason("LATE").build()))
                        .build()));
            case "unexpected" -> throw new IllegalStateException("password=hunter2");
            case "unexpected later" -> reply.onError(new IllegalStateException("password=hunter2"));
            case "wait" -> {
                Context.current().addListener(over -> cancelled.countDown(), Runnable::run);
                waiting.countDown();
                try {
                    if (!release.await(30, TimeUnit.SECONDS)) {
                        throw new IllegalStateException("nobody released the call");
                    }
                } catch (InterruptedException cut) {
                    Thread.currentThread().interrupt();
                }
                answer(request, "waited", reply);
            }
            case "who" -> answer(request, String.valueOf(CallMetadata.current().get(USER)), reply);
            case "headers" -> answer(request, CallMetadata.current().keys().toString(), reply);
            case "deadline" -> answer(request, String.valueOf(Context.current().getDeadline()), reply);
            default -> answer(request, "hello " + request.getFrom(), reply);
        }
    }

    /** That a call which was to wait either heard that it is over, or never began, its deadline having come before. */
    void assertNotGoingOn() throws InterruptedException {
        assertThat(waiting.getCount() > 0 || cancelled.await(30, TimeUnit.SECONDS))
                .isTrue();
    }

    private static void answer(HelloRequest request, String msg, StreamObserver<HelloReply> reply) {
        reply.onNext(HelloReply.newBuilder()
                .setFrom(request.getTo())
                .setTo(request.getFrom())
                .setMsg(msg)
                .build());
        reply.onCompleted();
    }

    @Override
    public void count(CountRequest request, StreamObserver<CountReply> replies) {
        for (long i = 1; i <= request.getUpTo(); i++) {
            replies.onNext(CountReply.newBuilder().setNumber(i).build());
        }
        replies.onCompleted();
    }

    @Override
    public StreamObserver<HelloRequest> chat(StreamObserver<HelloReply> replies) {
        return new StreamObserver<>() {
            @Override
            public void onNext(HelloRequest request) {
                replies.onNext(HelloReply.newBuilder()
                        .setMsg("re: " + request.getMsg())
                        .build());
            }

            @Override
            public void onError(Throwable cancelled) {}

            @Override
            public void onCompleted() {
                replies.onCompleted();
            }
        };
    }
}
