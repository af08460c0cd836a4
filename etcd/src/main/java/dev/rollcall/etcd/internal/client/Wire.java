package dev.rollcall.etcd.internal.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The gRPC channel of one connection: headers, deadlines, and when silence means that the server is of no use. Calls that hit their
 * deadline make the deadline of the next ones longer, up to four times the one that was set, until an answer comes in time.
 */
final class Wire {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final int DEADLINES_IN_A_ROW = 2;
    private static final int DEADLINES_OF_A_SLOW_SERVER = 4;
    private static final int LONGEST_PATIENCE = 4;

    private final Engine engine;
    private final ClientSettings settings;
    private final Login login;
    private final ManagedChannel raw;
    private final Channel anonymous;
    private final Channel channel;
    private final Consumer<Status> useless;
    private volatile boolean leaderless;
    private Duration deadline;
    private int deadlines;
    private long lateAt;
    /** Whether a stream brought something since the first deadline of this row. */
    private boolean heard;

    /**
     * @param patience the deadline of calls to begin with
     * @param useless told when a call, a stream or too much silence shows that there is no point in going on
     */
    Wire(
            Engine engine,
            ManagedChannel raw,
            ClientSettings settings,
            Login login,
            Duration patience,
            Consumer<Status> useless) {
        this.engine = engine;
        this.raw = raw;
        this.settings = settings;
        this.login = login;
        this.deadline = patience;
        this.useless = useless;
        this.anonymous = ClientInterceptors.intercept(raw, new Headers(false));
        this.channel = ClientInterceptors.intercept(raw, new Headers(true));
    }

    /** The deadline after this one was not enough. */
    static Duration longer(Duration deadline, ClientSettings settings) {
        Duration most = settings.timeout().multipliedBy(LONGEST_PATIENCE);
        Duration twice = deadline.multipliedBy(2);
        return twice.compareTo(most) < 0 ? twice : most;
    }

    /** A unary call that says who we are; its failure counts. */
    <Q, R> void call(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        call(channel, method, request, true, reply);
    }

    /** A unary call on trial: whatever it fails with is its caller's to judge. */
    <Q, R> void tryCall(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        call(channel, method, request, false, reply);
    }

    /** As {@link #tryCall}, without our token. */
    <Q, R> void tryAnonymous(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        call(anonymous, method, request, false, reply);
    }

    private <Q, R> void call(Channel via, MethodDescriptor<Q, R> method, Q request, boolean judged, Reply<R> reply) {
        engine.count("calls");
        Duration given = deadline;
        long sentAt = engine.now();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(given.toNanos(), TimeUnit.NANOSECONDS);
        ClientCalls.asyncUnaryCall(via.newCall(method, options), request, new StreamObserver<R>() {
            @Override
            public void onNext(R answer) {
                engine.run(() -> {
                    deadlines = 0;
                    if (engine.now() - sentAt < settings.timeout().toNanos() / 2) {
                        deadline = settings.timeout();
                    }
                    reply.answered(answer);
                });
            }

            @Override
            public void onError(Throwable thrown) {
                engine.run(() -> {
                    engine.count("calls.failed");
                    Status status = Failures.of(thrown, given);
                    boolean late = status.getCode() == Status.Code.DEADLINE_EXCEEDED;
                    if (late) {
                        deadline = longer(given, settings);
                    }
                    if (judged) {
                        judge(status, late, sentAt);
                    }
                    reply.failed(status);
                });
            }

            @Override
            public void onCompleted() {}
        });
    }

    /** Opens a stream; answers and its end arrive in the engine's context, the end always as {@code onError}. */
    <Q, R> StreamObserver<Q> stream(MethodDescriptor<Q, R> method, StreamObserver<R> answers) {
        engine.count("streams");
        return ClientCalls.asyncBidiStreamingCall(
                channel.newCall(method, CallOptions.DEFAULT), new StreamObserver<R>() {
                    @Override
                    public void onNext(R answer) {
                        engine.run(() -> {
                            heard = true;
                            answers.onNext(answer);
                        });
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        engine.run(() -> {
                            answers.onError(thrown);
                            Status status = Status.fromThrowable(thrown);
                            if (status.getCode() == Status.Code.UNAVAILABLE) {
                                useless.accept(status);
                            }
                        });
                    }

                    @Override
                    public void onCompleted() {
                        engine.run(() -> answers.onError(Status.ABORTED
                                .withDescription("etcd ended the stream")
                                .asRuntimeException()));
                    }
                });
    }

    /**
     * Deadlines in a row are too much silence, and so is one word that the server is of no use now. Calls that were made at the same
     * time count as one; while streams bring something the server is only slow, and gets more patience.
     */
    private void judge(Status status, boolean late, long sentAt) {
        if (!late) {
            deadlines = 0;
        } else if (deadlines == 0 || sentAt - lateAt >= 0) {
            heard &= deadlines > 0;
            deadlines++;
            lateAt = engine.now();
        }
        if (status.getCode() == Status.Code.UNAVAILABLE
                || deadlines >= (heard ? DEADLINES_OF_A_SLOW_SERVER : DEADLINES_IN_A_ROW)) {
            useless.accept(status);
        }
    }

    /** Tells, once and in the engine's context, when the TCP connection is gone. */
    void whenLost(Runnable then) {
        raw.notifyWhenStateChanged(ConnectivityState.READY, () -> engine.run(then));
    }

    /** From now on calls are answered also by a server without a leader. */
    void acceptNoLeader() {
        leaderless = true;
    }

    void close() {
        raw.shutdownNow();
    }

    /** Adds the token; and asks for an error, and for the end of any stream, when the server has lost the leader. */
    private final class Headers implements ClientInterceptor {
        private final boolean withToken;

        Headers(boolean withToken) {
            this.withToken = withToken;
        }

        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    String current = login.token();
                    if (withToken && current != null) {
                        headers.put(TOKEN, current);
                    }
                    if (!leaderless) {
                        headers.put(HAS_LEADER, "true");
                    }
                    super.start(listener, headers);
                }
            };
        }
    }
}
