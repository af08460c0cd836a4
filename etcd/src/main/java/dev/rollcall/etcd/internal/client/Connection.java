package dev.rollcall.etcd.internal.client;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthenticateResponse;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    /** What a server showed of itself. */
    enum Proof {
        /** It has a quorum: what it says is the cluster's word. */
        QUORUM,
        /** It is up, but has lost its quorum: it can only tell what it knew. */
        ALONE
    }

    private static final Duration CAUSE_WITHIN = Duration.ofMillis(100);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final Server server;
    private final ByteString probeKey;
    private final Login login;
    private final Wire wire;
    private final Consumer<Status> onFailure;
    private final List<Consumer<@Nullable Status>> waitingForToken = new ArrayList<>();
    private boolean over;

    /** @param patience the deadline of calls to begin with */
    Connection(
            Engine engine,
            Server server,
            ManagedChannel channel,
            ClientSettings settings,
            Login login,
            Duration patience,
            Consumer<Status> onFailure) {
        this.engine = engine;
        this.server = server;
        this.probeKey = ByteString.copyFromUtf8(settings.probeKey());
        this.login = login;
        this.wire = new Wire(engine, channel, settings, login, patience, this::fail);
        this.onFailure = onFailure;
    }

    /** {@code host:port} of the server. */
    public String endpoint() {
        return server.toString();
    }

    /**
     * Authenticates if there is a user and no token that etcd takes, then proves by one linearizable read that the server has a
     * quorum.
     *
     * @param evenAlone whether a server without a quorum is of use
     */
    void prove(boolean evenAlone, Reply<Proof> reply) {
        if (login.needed() && login.token() == null) {
            authenticateThen(() -> probe(true, evenAlone, reply), reply);
        } else {
            probe(false, evenAlone, reply);
        }
    }

    private void probe(boolean tokenIsNew, boolean evenAlone, Reply<Proof> reply) {
        read(false, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                wire.whenLost(Connection.this::lost);
                reply.answered(Proof.QUORUM);
            }

            @Override
            public void failed(Status status) {
                if (!tokenIsNew && login.needed() && Failures.staleToken(status)) {
                    authenticateThen(() -> probe(true, evenAlone, reply), reply);
                } else if (evenAlone && Failures.noQuorum(status)) {
                    probeAlone(status, reply);
                } else {
                    reply.failed(status);
                }
            }
        });
    }

    /** What the server itself holds needs no quorum to be read. */
    private void probeAlone(Status noQuorum, Reply<Proof> reply) {
        wire.acceptNoLeader();
        read(true, new Reply<>() {
            @Override
            public void answered(RangeResponse answer) {
                reply.answered(Proof.ALONE);
            }

            @Override
            public void failed(Status status) {
                reply.failed(noQuorum);
            }
        });
    }

    private void read(boolean serializable, Reply<RangeResponse> reply) {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(probeKey)
                .setCountOnly(true)
                .setSerializable(serializable)
                .build();
        wire.tryCall(KVGrpc.getRangeMethod(), request, new Reply<>() {
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

    /** Without a stream nothing else tells of the end, and gRPC would mend the channel behind our back. */
    private void lost() {
        if (!over) {
            // calls under way are told too, and know more
            Status lost = Status.UNAVAILABLE.withDescription("the connection was lost");
            var unused = engine.after(CAUSE_WITHIN.toNanos(), () -> fail(lost));
        }
    }

    /** One unary call; a stale token is renewed and the call made once more. */
    public <Q, R> void call(MethodDescriptor<Q, R> method, Q request, Reply<R> reply) {
        String used = login.token();
        wire.call(method, request, new Reply<R>() {
            @Override
            public void answered(R answer) {
                reply.answered(answer);
            }

            @Override
            public void failed(Status status) {
                if (!login.needed() || !Failures.staleToken(status)) {
                    reply.failed(status);
                } else if (!Objects.equals(used, login.token())) {
                    wire.call(method, request, reply); // somebody else was faster
                } else if (login.fresh()) {
                    reply.failed(status);
                } else {
                    renewToken(failure -> {
                        if (failure == null) {
                            wire.call(method, request, reply);
                        } else {
                            reply.failed(failure);
                        }
                    });
                }
            }
        });
    }

    /** Opens a stream; answers and its end arrive in the engine's context, the end always as {@code onError}. */
    public <Q, R> StreamObserver<Q> stream(MethodDescriptor<Q, R> method, StreamObserver<R> answers) {
        return wire.stream(method, answers);
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
            var unused = engine.after(engine.around(PAUSE), () -> then.accept(null));
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

    private void authenticateThen(Runnable next, Reply<?> reply) {
        authenticate(failure -> {
            if (failure == null) {
                next.run();
            } else {
                reply.failed(failure);
            }
        });
    }

    private void authenticate(Consumer<@Nullable Status> then) {
        engine.count("authentications");
        wire.tryAnonymous(AuthGrpc.getAuthenticateMethod(), login.request(), new Reply<AuthenticateResponse>() {
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

    /** Ends the connection because of this, unless it is over already. */
    public void fail(Status status) {
        if (!over) {
            close();
            onFailure.accept(status);
        }
    }

    void close() {
        over = true;
        wire.close();
    }

    /** Whether it has ended. */
    public boolean over() {
        return over;
    }
}
