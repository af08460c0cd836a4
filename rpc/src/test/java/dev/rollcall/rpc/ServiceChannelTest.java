package dev.rollcall.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rollcall.Address;
import dev.rollcall.Ejection;
import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.Strategy;
import dev.rollcall.rpc.test.CountReply;
import dev.rollcall.rpc.test.CountRequest;
import dev.rollcall.rpc.test.GreeterGrpc;
import dev.rollcall.rpc.test.HelloReply;
import dev.rollcall.rpc.test.HelloRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServiceChannelTest {
    private static final AtomicInteger PORTS = new AtomicInteger(1000);
    private static final String SERVICE = "hello.srv.say";
    private static final Ejection FOR_LONG =
            Ejection.DEFAULT.withLongest(Duration.ofHours(10)).withBase(Duration.ofHours(10));
    private static final HelloRequest REQUEST =
            HelloRequest.newBuilder().setFrom("a").setTo("b").build();

    private final Rollcall rollcall = Rollcall.connect("memory");
    private final List<Server> servers = new ArrayList<>();
    private ServiceChannel channel;

    /** Answers with its name; says no as its status tells. */
    private static final class Greeter extends GreeterGrpc.GreeterImplBase {
        private final String name;
        private final AtomicInteger calls = new AtomicInteger();
        private volatile @Nullable StatusRuntimeException failure;

        Greeter(String name) {
            this.name = name;
        }

        @Override
        public void hello(HelloRequest request, StreamObserver<HelloReply> reply) {
            calls.incrementAndGet();
            StatusRuntimeException refusal = failure;
            if (refusal != null) {
                reply.onError(refusal);
                return;
            }
            reply.onNext(HelloReply.newBuilder().setFrom(name).build());
            reply.onCompleted();
        }

        @Override
        public void count(CountRequest request, StreamObserver<CountReply> reply) {
            calls.incrementAndGet();
            for (long i = 0; i < request.getUpTo(); i++) {
                reply.onNext(CountReply.newBuilder().setNumber(i).build());
            }
            StatusRuntimeException refusal = failure;
            if (refusal != null) {
                reply.onError(refusal);
            } else {
                reply.onCompleted();
            }
        }

        @Override
        public StreamObserver<HelloRequest> chat(StreamObserver<HelloReply> replies) {
            return new StreamObserver<>() {
                @Override
                public void onNext(HelloRequest request) {
                    replies.onNext(HelloReply.newBuilder()
                            .setMsg(request.getMsg() + "!")
                            .build());
                }

                @Override
                public void onError(Throwable thrown) {}

                @Override
                public void onCompleted() {
                    replies.onCompleted();
                }
            };
        }
    }

    @BeforeEach
    void open() {
        channel = ServiceChannel.open(rollcall, SERVICE);
    }

    @AfterEach
    void close() {
        channel.close();
        servers.forEach(Server::shutdownNow);
        rollcall.close();
    }

    private Greeter serve(String name) throws Exception {
        Greeter greeter = new Greeter(name);
        Address address = new Address("127.0.0.1", PORTS.incrementAndGet());
        servers.add(InProcessServerBuilder.forName(address.toString())
                .addService(greeter)
                .build()
                .start());
        register(name, address, "grpc");
        return greeter;
    }

    private void register(String name, Address address, String protocol) {
        rollcall.register(Instance.of(SERVICE, address).withId(name).withMetadata("protocol", protocol));
    }

    private GreeterGrpc.GreeterBlockingStub stub(ServiceChannel through) {
        return GreeterGrpc.newBlockingStub(through).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    @Test
    void calls_spread_over_the_instances() throws Exception {
        Greeter one = serve("one");
        Greeter two = serve("two");
        for (int i = 0; i < 100; i++) {
            stub(channel).hello(REQUEST);
        }
        assertThat(one.calls.get()).isPositive();
        assertThat(two.calls.get()).isEqualTo(100 - one.calls.get()).isPositive();
    }

    @Test
    void a_dead_instance_is_passed_over_since_nothing_was_sent_to_it() throws Exception {
        serve("one");
        register("dead", new Address("127.0.0.1", 1), "grpc");
        for (int i = 0; i < 50; i++) {
            assertThat(stub(channel).hello(REQUEST).getFrom()).isEqualTo("one");
        }
    }

    @Test
    void an_instance_of_a_protocol_that_nobody_speaks_is_passed_over_and_named_when_it_is_the_only_one()
            throws Exception {
        register("strange", new Address("127.0.0.1", 2), "carrier-pigeon");
        StatusRuntimeException alone = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(channel).hello(REQUEST));
        assertThat(alone.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(alone).hasMessageContaining("protocol of \"strange\": \"carrier-pigeon\" (expected: one of [grpc]");
        serve("one");
        for (int i = 0; i < 20; i++) {
            assertThat(stub(channel).hello(REQUEST).getFrom()).isEqualTo("one");
        }
    }

    @Test
    void what_may_have_been_executed_is_repeated_only_by_choice() throws Exception {
        Greeter one = serve("one");
        one.failure = MicroError.of(SERVICE, 500, "no luck").toException();
        StatusRuntimeException once = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(channel).hello(REQUEST));
        assertThat(MicroError.from(once)).contains(MicroError.of(SERVICE, 500, "no luck"));
        assertThat(one.calls).hasValue(1);

        serve("two");
        ServiceChannel again = channel.with(RetryPolicy.GO_MICRO);
        for (int i = 0; i < 20; i++) {
            assertThat(stub(again).hello(REQUEST).getFrom()).isEqualTo("two");
        }
        one.failure = MicroError.of(SERVICE, 400, "bad").toException();
        assertThat(IntStream.range(0, 50).filter(i -> fails(again)).count())
                .as("a code that is not to be repeated")
                .isPositive();
    }

    @Test
    void an_instance_that_keeps_failing_is_left_alone_for_a_while_and_one_that_says_no_is_not() throws Exception {
        Greeter bad = serve("bad");
        Greeter strict = serve("strict");
        try (ServiceView view = rollcall.service(SERVICE);
                ServiceChannel ejecting =
                        ServiceChannel.over(view.with(Strategy.roundRobin().ejecting(FOR_LONG)))) {
            bad.failure = Status.UNAVAILABLE.asRuntimeException();
            strict.failure = Status.UNAUTHENTICATED.asRuntimeException();
            for (int i = 0; i < 100; i++) {
                assertThat(fails(ejecting)).isTrue();
            }
            assertThat(bad.calls).hasValue(Ejection.DEFAULT.failures());
            assertThat(strict.calls.get()).isEqualTo(100 - bad.calls.get());
        }
    }

    private boolean fails(ServiceChannel through) {
        try {
            stub(through).hello(REQUEST);
            return false;
        } catch (StatusRuntimeException thrown) {
            return true;
        }
    }

    @Test
    void when_every_attempt_fails_the_last_error_is_told() throws Exception {
        serve("one").failure = MicroError.of(SERVICE, 500, "no luck").toException();
        serve("two").failure = MicroError.of(SERVICE, 500, "no luck").toException();
        ServiceChannel again = channel.with(RetryPolicy.DEFAULT.withCodes(Set.of(500)));
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(again).hello(REQUEST));
        assertThat(MicroError.from(thrown)).contains(MicroError.of(SERVICE, 500, "no luck"));
    }

    @Test
    void without_an_instance_a_call_fails_at_once_and_says_why() {
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(channel).hello(REQUEST));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(thrown).hasMessageContaining("no instance of \"hello.srv.say\" is registered");
        assertThat(thrown.getStatus().getCause()).isInstanceOf(NoInstanceException.class);
    }

    @Test
    void a_call_that_waits_for_ready_waits_for_an_instance() throws Exception {
        BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        GreeterGrpc.newStub(channel)
                .withWaitForReady()
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .hello(REQUEST, into(ends));
        serve("late");
        assertThat(ends.poll(30, TimeUnit.SECONDS))
                .isEqualTo(HelloReply.newBuilder().setFrom("late").build());
    }

    @Test
    void a_call_that_waits_for_ready_in_vain_ends_with_its_deadline_and_the_cause() {
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> GreeterGrpc.newBlockingStub(channel)
                        .withWaitForReady()
                        .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                        .hello(REQUEST));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
        assertThat(thrown).hasMessageContaining("no instance of \"hello.srv.say\" is registered");
    }

    @Test
    void waiting_for_ready_does_not_hide_what_no_waiting_mends() {
        register("strange", new Address("127.0.0.1", 3), "carrier-pigeon");
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(channel).withWaitForReady().hello(REQUEST));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
    }

    @Test
    void a_stream_of_answers_is_not_repeated_once_one_has_arrived() throws Exception {
        Greeter one = serve("one");
        serve("two").failure = one.failure = Status.INTERNAL.asRuntimeException();
        ServiceChannel again = channel.with(RetryPolicy.GO_MICRO);
        List<CountReply> received = new ArrayList<>();
        StatusRuntimeException thrown = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(again)
                        .count(CountRequest.newBuilder().setUpTo(3).build())
                        .forEachRemaining(received::add));
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.INTERNAL);
        assertThat(received).hasSize(3);
    }

    @Test
    void requests_can_stream() throws Exception {
        serve("one");
        BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        StreamObserver<HelloRequest> requests = GreeterGrpc.newStub(channel).chat(into(ends));
        requests.onNext(HelloRequest.newBuilder().setMsg("a").build());
        assertThat(ends.poll(30, TimeUnit.SECONDS))
                .isEqualTo(HelloReply.newBuilder().setMsg("a!").build());
        requests.onNext(HelloRequest.newBuilder().setMsg("b").build());
        requests.onCompleted();
        assertThat(ends.poll(30, TimeUnit.SECONDS))
                .isEqualTo(HelloReply.newBuilder().setMsg("b!").build());
        assertThat(ends.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
    }

    @Test
    void what_a_stream_says_while_it_waits_for_an_instance_is_not_lost() throws Exception {
        BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        StreamObserver<HelloRequest> requests =
                GreeterGrpc.newStub(channel).withWaitForReady().chat(into(ends));
        requests.onNext(HelloRequest.newBuilder().setMsg("a").build());
        requests.onNext(HelloRequest.newBuilder().setMsg("b").build());
        requests.onCompleted();
        assertThat(ends).isEmpty();
        serve("late");
        for (String answer : List.of("a!", "b!")) {
            assertThat(ends.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(HelloReply.newBuilder().setMsg(answer).build());
        }
        assertThat(ends.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
    }

    @Test
    void a_call_under_way_outlives_the_close_and_a_new_one_is_refused() throws Exception {
        serve("one");
        BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        try (ServiceView view = rollcall.service(SERVICE)) {
            ServiceChannel closing = ServiceChannel.over(view);
            StreamObserver<HelloRequest> requests = GreeterGrpc.newStub(closing).chat(into(ends));
            requests.onNext(HelloRequest.newBuilder().setMsg("a").build());
            assertThat(ends.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(HelloReply.newBuilder().setMsg("a!").build());
            closing.close();
            requests.onCompleted();
            assertThat(ends.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
            StreamObserver<HelloRequest> late = GreeterGrpc.newStub(closing).chat(into(ends));
            late.onCompleted();
            assertThat(ends.poll(30, TimeUnit.SECONDS))
                    .hasToString("io.grpc.StatusRuntimeException: UNAVAILABLE: the channel was closed");
        }
    }

    @Test
    void a_call_between_two_attempts_can_be_cancelled() throws Exception {
        BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
        ClientCall<HelloRequest, HelloReply> call = channel.newCall(
                GreeterGrpc.getHelloMethod(),
                CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(30, TimeUnit.SECONDS));
        ClientCalls.asyncUnaryCall(call, REQUEST, into(ends));
        assertThat(ends).isEmpty();
        call.cancel("enough", null);
        assertThat(ends.poll(30, TimeUnit.SECONDS)).hasToString("io.grpc.StatusRuntimeException: CANCELLED: enough");
        serve("late");
        assertThat(ends.poll(300, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void the_deadline_of_the_surrounding_context_counts() throws Exception {
        Context.current()
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS, Executors.newSingleThreadScheduledExecutor())
                .run(() -> {
                    StatusRuntimeException thrown = catchThrowableOfType(
                            StatusRuntimeException.class,
                            () -> GreeterGrpc.newBlockingStub(channel)
                                    .withWaitForReady()
                                    .hello(REQUEST));
                    assertThat(thrown.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
                });
    }

    private static <T> StreamObserver<T> into(BlockingQueue<Object> ends) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                ends.add(value);
            }

            @Override
            public void onError(Throwable thrown) {
                ends.add(thrown);
            }

            @Override
            public void onCompleted() {
                ends.add("completed");
            }
        };
    }
}
