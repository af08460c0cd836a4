package dev.rollcall.etcd.internal.client;

import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.spi.Secret;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whom we are to etcd, and the token that proves it. It outlives connections: the servers of a cluster share their tokens, and making
 * one costs etcd a tenth of a second of hashing. Changes in the engine's context; the token is read by any thread.
 */
final class Login {
    /** A token that is refused at this age is not renewed: a newer one would fare no better. */
    private static final Duration FRESH = Duration.ofSeconds(4);

    private final Engine engine;
    private final @Nullable String user;
    private final @Nullable Secret password;
    private volatile @Nullable String token;
    private long madeAt;

    Login(Engine engine, ClientSettings settings) {
        this.engine = engine;
        this.user = settings.user();
        this.password = settings.password();
    }

    /** Whether there is a user to authenticate as. */
    boolean needed() {
        return user != null;
    }

    /** The token to send, if any. */
    @Nullable
    String token() {
        return token;
    }

    AuthenticateRequest request() {
        AuthenticateRequest.Builder request = AuthenticateRequest.newBuilder();
        if (user != null) {
            request.setName(user);
        }
        if (password != null) {
            request.setPassword(password.reveal());
        }
        return request.build();
    }

    /** etcd gave a token; none while its authentication is switched off. */
    void got(@Nullable String made) {
        token = made;
        madeAt = engine.now();
    }

    /** Whether the token is so new that its refusal is no matter of age. */
    boolean fresh() {
        return token != null && engine.now() - madeAt < FRESH.toNanos();
    }
}
