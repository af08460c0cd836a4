package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rollcall.interop.greeter.CountReply;
import dev.rollcall.interop.greeter.CountRequest;
import dev.rollcall.interop.greeter.GreeterGrpc;
import dev.rollcall.interop.greeter.HelloReply;
import dev.rollcall.interop.greeter.HelloRequest;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.ServiceChannel;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("3. Java finds and calls Go")
class JavaCallsGoTest extends FleetTest {
    private static final Metadata.Key<String> USER = Metadata.Key.of("x-user-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> TRACE = Metadata.Key.of("trace", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> SERVED_BY =
            Metadata.Key.of("served-by", Metadata.ASCII_STRING_MARSHALLER);

    private static final Duration SOON = Duration.ofSeconds(2);

    private static final String OURS_IN_PROTOBUF =
            "our client streams requests over gRPC as protobuf only, which every go-micro server takes";
    private static final String MUTE =
            "go-micro v2.9.1's mucp server sends nothing where an error or the end of a stream is due in protobuf;"
                    + " Go callers wait for their timeout, too. In JSON it does";

    private ServiceChannel channel(Peer peer) {
        fleet.serve(peer, service, "--id", "one");
        return open();
    }

    private ServiceChannel open() {
        return fleet.keep(ServiceChannel.open(fleet.rollcall(), service));
    }

    private static GreeterGrpc.GreeterBlockingStub stub(Channel channel, ContentType type) {
        return GreeterGrpc.newBlockingStub(channel)
                .withOption(ContentType.OPTION, type)
                .withDeadlineAfter(Program.PATIENCE);
    }

    private static boolean mute(Peer peer, ContentType type) {
        return peer == Peer.V2_MUCP && type == ContentType.PROTO;
    }

    private void unary(Peer peer, ContentType type) {
        HelloReply reply = stub(channel(peer), type)
                .hello(HelloRequest.newBuilder()
                        .setFrom("a")
                        .setTo("b")
                        .setMsg("<ü & 漢>")
                        .build());
        assertThat(reply.getMsg()).isEqualTo("hello a: <ü & 漢>");
        assertThat(reply.getFrom()).isEqualTo("b");
        assertThat(reply.getServer()).isEqualTo(service + "-one");
        assertThat(reply.getMetadataOrThrow("content-type"))
                .contains(type == ContentType.JSON ? "json" : peer.mucp() ? "protobuf" : "grpc");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void unary_in_json(Peer peer) {
        unary(peer, ContentType.JSON);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void unary_in_protobuf(Peer peer) {
        unary(peer, ContentType.PROTO);
    }

    private List<Integer> count(Peer peer, Cell cell, ContentType type, int pause) {
        GreeterGrpc.GreeterBlockingStub stub = stub(channel(peer), type);
        List<Integer> numbers = new ArrayList<>();
        CountRequest request = CountRequest.newBuilder().setTo(5).setWait(pause).build();
        if (mute(peer, type)) {
            assertThat(failure(() -> stub.withDeadlineAfter(SOON)
                                    .count(request)
                                    .forEachRemaining(reply -> numbers.add(reply.getNumber())))
                            .code())
                    .isEqualTo(408);
            assertThat(numbers).hasSize(5);
            throw cell.cannot(MUTE);
        }
        stub.count(request).forEachRemaining(reply -> numbers.add(reply.getNumber()));
        return numbers;
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void server_stream_in_json(Peer peer, Cell cell) {
        assertThat(count(peer, cell, ContentType.JSON, 50)).containsExactly(1, 2, 3, 4, 5);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void server_stream_in_protobuf(Peer peer, Cell cell) {
        assertThat(count(peer, cell, ContentType.PROTO, 50)).containsExactly(1, 2, 3, 4, 5);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void server_stream_without_pauses(Peer peer, Cell cell) {
        List<Integer> numbers = count(peer, cell, peer.mucp() ? ContentType.JSON : ContentType.PROTO, 0);
        assertThat(numbers).hasSize(5);
        if (peer.mucp() && !numbers.equals(List.of(1, 2, 3, 4, 5))) {
            throw cell.cannot(
                    "go-micro's mucp server writes a later message of a stream in place of an earlier one that is still waiting"
                            + " to be sent: five messages came, but not 1 to 5");
        }
        assertThat(numbers).containsExactly(1, 2, 3, 4, 5);
    }

    /** Three messages and their replies; then our half is closed, and what comes then is returned. */
    private @Nullable String chat(Peer peer, ContentType type, Duration patience) throws InterruptedException {
        BlockingQueue<String> replies = new LinkedBlockingQueue<>();
        ClientCallStreamObserver<HelloRequest> requests =
                (ClientCallStreamObserver<HelloRequest>) GreeterGrpc.newStub(channel(peer))
                        .withOption(ContentType.OPTION, type)
                        .withDeadlineAfter(Program.PATIENCE)
                        .chat(new Replies(replies));
        for (String name : List.of("a", "b", "c")) {
            requests.onNext(HelloRequest.newBuilder().setFrom(name).setMsg("1").build());
            String reply = replies.poll(30, TimeUnit.SECONDS);
            if (!("hello " + name + ": 1").equals(reply)) {
                return reply;
            }
        }
        requests.onCompleted();
        String last = replies.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        requests.cancel("enough", null);
        return last;
    }

    private record Replies(BlockingQueue<String> seen) implements StreamObserver<HelloReply> {
        @Override
        public void onNext(HelloReply reply) {
            seen.add(reply.getMsg());
        }

        @Override
        public void onError(Throwable failure) {
            seen.add(failure.toString());
        }

        @Override
        public void onCompleted() {
            seen.add("the end");
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void bidi_stream_in_json(Peer peer, Cell cell) throws InterruptedException {
        String last = chat(peer, ContentType.JSON, Duration.ZERO);
        if (!peer.mucp()) {
            assertThat(last).contains("content type JSON over gRPC");
            throw cell.cannot(OURS_IN_PROTOBUF);
        }
        assertThat(last).isNull();
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void bidi_stream_in_protobuf(Peer peer) throws InterruptedException {
        assertThat(chat(peer, ContentType.PROTO, Duration.ZERO)).isIn(null, "the end");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void bidi_stream_ends_once_the_caller_has_said_all(Peer peer) throws InterruptedException {
        assertThat(chat(peer, peer.mucp() ? ContentType.JSON : ContentType.PROTO, Program.PATIENCE))
                .isEqualTo("the end");
    }

    private static MicroError failure(Runnable call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(thrown).isNotNull();
        return MicroError.from(thrown.getStatus(), thrown.getTrailers(), "");
    }

    private void error(Peer peer, Cell cell, ContentType type) {
        ServiceChannel channel = channel(peer);
        if (mute(peer, type)) {
            assertThat(failure(() -> stub(channel, type)
                                    .withDeadlineAfter(SOON)
                                    .hello(HelloRequest.newBuilder()
                                            .setCode(409)
                                            .build()))
                            .code())
                    .isEqualTo(408);
            throw cell.cannot(MUTE);
        }
        MicroError error = failure(() -> stub(channel, type)
                .hello(HelloRequest.newBuilder()
                        .setCode(409)
                        .setDetail("taken: ü")
                        .build()));
        assertThat(error).isEqualTo(new MicroError(service, 409, "taken: ü", "Conflict"));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_with_code_and_detail_in_json(Peer peer, Cell cell) {
        error(peer, cell, ContentType.JSON);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_with_code_and_detail_in_protobuf(Peer peer, Cell cell) {
        error(peer, cell, ContentType.PROTO);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_at_the_end_of_a_stream(Peer peer) {
        ServiceChannel channel = channel(peer);
        List<CountReply> replies = new ArrayList<>();
        MicroError error = failure(() -> stub(channel, peer.mucp() ? ContentType.JSON : ContentType.PROTO)
                .count(CountRequest.newBuilder()
                        .setTo(2)
                        .setCode(404)
                        .setDetail("no more")
                        .setWait(50)
                        .build())
                .forEachRemaining(replies::add));
        assertThat(replies).extracting(CountReply::getNumber).containsExactly(1, 2);
        assertThat(error).isEqualTo(new MicroError(service, 404, "no more", "Not Found"));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void error_for_an_unknown_endpoint(Peer peer) {
        MethodDescriptor<HelloRequest, HelloReply> unknown = GreeterGrpc.getHelloMethod().toBuilder()
                .setFullMethodName("greeter.Greeter/Nothing")
                .build();
        ServiceChannel channel = channel(peer);
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(
                        channel,
                        unknown,
                        stub(channel, ContentType.JSON).getCallOptions(),
                        HelloRequest.getDefaultInstance()));
        assertThat(thrown).isNotNull();
        assertThat(thrown.getStatus().getDescription()).contains("Nothing");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void metadata_in(Peer peer) {
        Metadata metadata = new Metadata();
        metadata.put(USER, "u1");
        metadata.put(TRACE, "a, b");
        HelloReply reply = stub(
                        ClientInterceptors.intercept(
                                channel(peer), MetadataUtils.newAttachHeadersInterceptor(metadata)),
                        ContentType.PROTO)
                .hello(HelloRequest.getDefaultInstance());
        assertThat(reply.getMetadataMap()).containsEntry("x-user-id", "u1").containsEntry("trace", "a, b");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void metadata_out(Peer peer, Cell cell) {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        Metadata sent = new Metadata();
        sent.put(TRACE, "t1");
        stub(
                        ClientInterceptors.intercept(
                                channel(peer),
                                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers),
                                MetadataUtils.newAttachHeadersInterceptor(sent)),
                        ContentType.PROTO)
                .hello(HelloRequest.getDefaultInstance());
        String servedBy = Objects.requireNonNull(headers.get()).get(SERVED_BY);
        if (peer.mucp()) {
            assertThat(servedBy).isNull();
            throw cell.cannot(
                    "a handler of go-micro's mucp server cannot send metadata: a reply's headers are those of the request");
        }
        assertThat(servedBy).isEqualTo(service + "-one");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void one_channel_reaches_go_and_java_over_both_protocols(Peer peer) {
        fleet.serve(peer, service, "--id", "one");
        for (String protocol : List.of("grpc", "mucp")) {
            String id = service + "-" + protocol;
            fleet.keep(JavaProgram.host(fleet.rollcall(), protocol, service, id, new JavaGreeter(id), Duration.ZERO))
                    .registrations()
                    .get(0)
                    .await(Program.PATIENCE);
        }
        Caller caller = Caller.java(fleet, service);
        for (String id : List.of("one", "grpc", "mucp")) {
            caller.awaitAnswerOf(service + "-" + id, Long.MIN_VALUE);
        }
        assertThat(caller.outcomes())
                .allSatisfy(outcome -> assertThat(outcome.failure()).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void deadline(Peer peer, Cell cell) {
        Program go = fleet.serve(peer, service, "--id", "one");
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(open(), ContentType.PROTO)
                        .withDeadlineAfter(Duration.ofMillis(500))
                        .hello(HelloRequest.newBuilder().setWait(20_000).build()));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        long after = go.await("gave-up").json().get("after").getAsLong();
        assertThat(after).isLessThan(15_000);
        cell.figure("handler told after " + after + " ms of 500");
    }
}
