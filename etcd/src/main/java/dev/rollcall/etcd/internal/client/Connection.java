package dev.rollcall.etcd.internal.client;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthenticateResponse;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
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
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A working channel to one etcd server, from the moment the server proved itself to the first sign that it is gone. It is never
 * mended: what fails it ends it, and the {@link Client} makes the next one.
 *
 * <p>Calls carry the token of one authentication; when etcd no longer takes it, the first call to hear so fetches a new one for
 * all, and every call is tried once more with it. Calls that hit their deadline make the deadline of the next ones longer, up to four
 * times the one that was set, until an answer comes in time.
 */
public final class Connection {
    /** What a server showed of itself. */
    enum Proof {
        /** It has a quorum: what it says is the cluster's word. */
        QUORUM,
        /** It is up, but has lost its quorum: it can only tell what it knew. */
        ALONE
    }

    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final int DEADLINES_IN_A_ROW = 2;
    private static final int DEADLINES_OF_A_SLOW_SERVER = 4;
    private static final int LONGEST_PATIENCE = 4;
    private static final Duration CAUSE_WITHIN = Duration.ofMillis(100);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final Server server;
    private final ClientSettings settings;
    private final Login login;
    private final ManagedChannel raw;
    private final Channel anonymous;
    private final Channel channel;
    private final Consumer<Status> onFailure;
    private final List<Consumer<@Nullable Status>> waitingForToken = new ArrayList<>();
    private volatile boolean alone;
    private Duration deadline;
    private boolean over;
    private int deadlines;
    private long lateAt;
    /** Whether a stream brought something since the first deadline of this row. */
    private boolean heard;

    /** @param patience the deadline of calls to begin with */
    Connection(
            Engine engine,
            Server server,
            InetAddress address,
            ClientSettings settings,
            Login login,
            Duration patience,
            Consumer<Status> onFailure) {
        this.engine = engine;
        this.server = server;
        this.settings = settings;
        this.login = login;
        this.deadline = patience;
        this.raw = Channels.open(server, address, settings.tls());
        this.anonymous = ClientInterceptors.intercept(raw, new Headers(false));
        this.channel = ClientInterceptors.intercept(raw, new Headers(true));
        this.onFailure = onFailure;
    }

    /** {@code host:port} of the server. */
    public String endpoint() {
        return server.toString();
    }

    /** The deadline after this one was not enough. */
    static Duration longer(Duration deadline, ClientSettings settings) {
        Duration most = settings.timeout().multipliedBy(LONGEST_PATIENCE);
        Duration twice = deadline.multipliedBy(2);
        return twice.compareTo(most) < 0 ? twice : most;
    }

    /**
     * Authenticates if there is a user and no token yet, then proves by one linearizable read that the server has a quorum.
     *
     * @param evenAlone whether a server without a quorum is of use
     */
    void prove(boolean evenAlone, Reply<Proof> reply) {
        Reply<RangeResponse> proven = new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                failWhenLost();
                reply.answered(Proof.QUORUM);
            }

            @Override
            public void failed(Status status) {
                if (evenAlone && Failures.noQuorum(status)) {
                    proveAlive(status, reply);
                } else {
                    reply.failed(status);
                }
            }
        };
        if (login.needed() && login.token() == null) {
            authenticate(failure -> {
                if (failure == null) {
                    probe(false, proven);
                } else {
                    reply.failed(failure);
                }
            });
            return;
        }
        probe(false, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                proven.answered(answer);
            }

            @Override
            public void failed(Status status) {
                if (!login.needed() || !Failures.staleToken(status)) {
                    proven.failed(status);
                    return;
                }
                authenticate(failure -> {
                    if (failure == null) {
                        probe(false, proven);
                    } else {
                        reply.failed(failure);
                    }
                });
            }
        });
    }

    /** Without a stream nothing else tells of the end, and gRPC would mend the channel behind our back. */
    private void failWhenLost() {
        Status lost = Status.UNAVAILABLE.withDescription("the connection was lost");
        raw.notifyWhenStateChanged(
                ConnectivityState.READY,
                () -> engine.run(() -> {
                    if (!over) {
                        // calls under way are told too, and know more
                        var unused = engine.after(CAUSE_WITHIN.toNanos(), () -> fail(lost));
                    }
                }));
    }

    /** What the server itself holds needs no quorum to be read; whatever etcd answers shows that it lives. */
    private void proveAlive(Status lost, Reply<Proof> reply) {
        alone = true;
        probe(true, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                reply.answered(Proof.ALONE);
            }

            @Override
            public void failed(Status status) {
                reply.failed(lost);
            }
        });
    }

    private void probe(boolean serializable, Reply<RangeResponse> reply) {
        RangeRequest probe = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(settings.probeKey()))
                .setCountOnly(true)
                .setSerializable(serializable)
                .build();
        once(channel, KVGrpc.getRangeMethod(), probe, false, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                reply.answered(answer);
            }

            @Override
            public void failed(Status status) {
                if (status.getCode() == Status.Code.PERMISSION_DENIED) {
                    reply.answered(RangeResponse.getDefaultInstance()); // it is checked after the quorum was asked
                } else {
                    reply.failed(status);
                }
            }
        });
    }

    /** One unary call; a stale token is renewed and the call made once more. */
    public <Q, R> void call(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        String used = login.token();
        once(channel, method, request, true, new Reply<R>() {
            @Override
            public void answered(R answer) {
                reply.answered(answer);
            }

            @Override
            public void failed(Status status) {
                if (!login.needed() || !Failures.staleToken(status)) {
                    reply.failed(status);
                } else if (!Objects.equals(used, login.token())) {
                    once(channel, method, request, true, reply); // somebody else was faster
                } else if (login.fresh()) {
                    reply.failed(status);
                } else {
                    renewToken(failure -> {
                        if (failure == null) {
                            once(channel, method, request, true, reply);
                        } else {
                            reply.failed(failure);
                        }
                    });
                }
            }
        });
    }

    private <Q, R> void once(Channel via, MethodDescriptor<Q, R> method, Q request, boolean judged, Reply<R> reply) {
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
    public <Q, R> StreamObserver<Q> stream(MethodDescriptor<Q, R> method, StreamObserver<R> answers) {
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
                                fail(status);
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

    /** Whether there is a user to authenticate as, so that a refusal may be a matter of an old token. */
    boolean renews() {
        return login.needed();
    }

    /**
     * Fetches a new token; several who ask at the same time share one authentication. Told null when it worked. Where a new token
     * cannot help (there is no user, or the present one was made just now) it is told so after a pause.
     */
    public void renewToken(Consumer<@Nullable Status> then) {
        if (waitingForToken.isEmpty() && (!login.needed() || login.fresh())) {
            engine.after(engine.around(PAUSE), () -> then.accept(null));
            return;
        }
        waitingForToken.add(then);
        if (waitingForToken.size() > 1) {
            return;
        }
        authenticate(failure -> {
            List<Consumer<@Nullable Status>> waiting = List.copyOf(waitingForToken);
            waitingForToken.clear();
            if (failure != null) {
                fail(failure);
            }
            waiting.forEach(each -> each.accept(failure));
        });
    }

    private void authenticate(Consumer<@Nullable Status> then) {
        engine.count("authentications");
        once(anonymous, AuthGrpc.getAuthenticateMethod(), login.request(), false, new Reply<AuthenticateResponse>() {
            @Override
            public void answered(AuthenticateResponse answer) {
                login.got(answer.getToken());
                then.accept(null);
            }

            @Override
            public void failed(Status status) {
                login.got(null);
                boolean off = status.getCode() == Status.Code.FAILED_PRECONDITION;
                then.accept(off ? null : status); // etcd takes every user while authentication is off
            }
        });
    }

    /**
     * Deadlines in a row end the connection, and so does one word that the server is of no use now. Calls that were made at the same
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
            fail(status);
        }
    }

    /** Ends the connection because of this, unless it is over already. */
    public void fail(Status status) {
        if (!over) {
            close();
            onFailure.accept(status);
        }
    }

    void close() {
        over = true;
        raw.shutdownNow();
    }

    /** Whether it has ended. */
    public boolean over() {
        return over;
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
                    if (!alone) {
                        headers.put(HAS_LEADER, "true");
                    }
                    super.start(listener, headers);
                }
            };
        }
    }
}
