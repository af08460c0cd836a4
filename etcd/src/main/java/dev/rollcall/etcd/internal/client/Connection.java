package dev.rollcall.etcd.internal.client;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.etcd.api.AuthenticateResponse;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A working channel to one etcd server, from the moment the server proved itself to the first sign that it is gone. It is never
 * mended: what fails it ends it, and the {@link Client} makes the next one.
 *
 * <p>Calls carry the token of one authentication; when etcd no longer takes it, the first call to hear so fetches a new one for
 * all, and every call is tried once more with it.
 */
public final class Connection {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final int DEADLINES_IN_A_ROW = 2;

    private final Engine engine;
    private final Server server;
    private final ClientSettings settings;
    private final ManagedChannel raw;
    private final Channel channel;
    private final Consumer<Status> onFailure;
    private final List<Consumer<@Nullable Status>> waitingForToken = new ArrayList<>();
    private volatile @Nullable String token;
    private boolean over;
    private int deadlines;

    Connection(Engine engine, Server server, ClientSettings settings, Consumer<Status> onFailure) {
        this.engine = engine;
        this.server = server;
        this.settings = settings;
        this.raw = Channels.open(server, settings.tls());
        this.channel = io.grpc.ClientInterceptors.intercept(raw, new Headers());
        this.onFailure = onFailure;
    }

    /** {@code host:port} of the server. */
    public String endpoint() {
        return server.toString();
    }

    /** Authenticates if there is a user, then proves by one linearizable read that the server has a quorum. */
    void prove(Reply<Boolean> reply) {
        authenticate(failure -> {
            if (failure != null) {
                reply.failed(failure);
                return;
            }
            RangeRequest probe = RangeRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8(settings.probeKey()))
                    .setCountOnly(true)
                    .build();
            once(KVGrpc.getRangeMethod(), probe, settings.timeout(), new Reply<RangeResponse>() {
                @Override
                public void answered(RangeResponse answer) {
                    reply.answered(true);
                }

                @Override
                public void failed(Status status) {
                    if (status.getCode() == Status.Code.PERMISSION_DENIED) {
                        reply.answered(true); // it is checked after the quorum was asked
                    } else {
                        reply.failed(status);
                    }
                }
            });
        });
    }

    /** One unary call with the default deadline. */
    public <Q, R> void call(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        call(method, request, settings.timeout(), reply);
    }

    /** One unary call; a stale token is renewed and the call made once more. */
    public <Q, R> void call(MethodDescriptor<Q, R> method, Q request, Duration deadline, Reply<R> reply) {
        once(method, request, deadline, new Reply<R>() {
            @Override
            public void answered(R answer) {
                reply.answered(answer);
            }

            @Override
            public void failed(Status status) {
                if (settings.user() == null || !Failures.staleToken(status)) {
                    reply.failed(status);
                    return;
                }
                renewToken(failure -> {
                    if (failure == null) {
                        once(method, request, deadline, reply);
                    } else {
                        reply.failed(failure);
                    }
                });
            }
        });
    }

    private <Q, R> void once(MethodDescriptor<Q, R> method, Q request, Duration deadline, Reply<R> reply) {
        engine.count("calls");
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
        ClientCalls.asyncUnaryCall(channel.newCall(method, options), request, new StreamObserver<R>() {
            @Override
            public void onNext(R answer) {
                engine.run(() -> {
                    deadlines = 0;
                    reply.answered(answer);
                });
            }

            @Override
            public void onError(Throwable thrown) {
                engine.run(() -> {
                    Status status = Status.fromThrowable(thrown);
                    engine.count("calls.failed");
                    judge(status);
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
                        engine.run(() -> answers.onNext(answer));
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
        return settings.user() != null;
    }

    /** Fetches a new token; several who ask at the same time share one authentication. Told null when it worked. */
    public void renewToken(Consumer<@Nullable Status> then) {
        waitingForToken.add(then);
        if (waitingForToken.size() > 1) {
            return;
        }
        authenticate(failure -> {
            List<Consumer<@Nullable Status>> waiting = List.copyOf(waitingForToken);
            waitingForToken.clear();
            waiting.forEach(each -> each.accept(failure));
            if (failure != null) {
                fail(failure);
            }
        });
    }

    private void authenticate(Consumer<@Nullable Status> then) {
        String user = settings.user();
        if (user == null) {
            then.accept(null);
            return;
        }
        token = null;
        engine.count("authentications");
        AuthenticateRequest request = AuthenticateRequest.newBuilder()
                .setName(user)
                .setPassword(
                        settings.password() == null ? "" : settings.password().reveal())
                .build();
        once(AuthGrpc.getAuthenticateMethod(), request, settings.timeout(), new Reply<AuthenticateResponse>() {
            @Override
            public void answered(AuthenticateResponse answer) {
                token = answer.getToken();
                then.accept(null);
            }

            @Override
            public void failed(Status status) {
                boolean off = status.getCode() == Status.Code.FAILED_PRECONDITION;
                then.accept(off ? null : status); // etcd takes every user while authentication is off
            }
        });
    }

    /** Two deadlines in a row, or one word that the server is of no use now, end the connection. */
    private void judge(Status status) {
        deadlines = status.getCode() == Status.Code.DEADLINE_EXCEEDED ? deadlines + 1 : 0;
        if (status.getCode() == Status.Code.UNAVAILABLE || deadlines >= DEADLINES_IN_A_ROW) {
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

    /** Adds the token, and asks for an end of any stream whose server has lost the leader. */
    private final class Headers implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    String current = token;
                    if (current != null) {
                        headers.put(TOKEN, current);
                    }
                    headers.put(HAS_LEADER, "true");
                    super.start(listener, headers);
                }
            };
        }
    }
}
