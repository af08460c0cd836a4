package dev.rollcall.rpc.interceptors;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.proc.SingleKeyJWSKeySelector;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import dev.rollcall.rpc.Methods;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.Key;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Lets only calls in that carry a signed JSON Web Token, {@code authorization: Bearer ...}; others end with UNAUTHENTICATED.
 *
 * <pre>{@code
 * builder.intercept(JwtCheck.hs256(secret).withAudience("svc.user.agent").except("Account.Login"))
 * ...
 * String user = JwtCheck.subject();
 * }</pre>
 *
 * <p>The algorithm is the one it was made for, whatever a token says of itself; a token must have an expiry ({@code exp}) and a
 * subject ({@code sub}); clocks may differ by 30 seconds. The refused caller learns whether the token is missing, over or not
 * valid, and nothing else.
 *
 * <p>Needs {@code com.nimbusds:nimbus-jose-jwt} in the class path. Immutable, safe for use by many threads.
 */
public final class JwtCheck implements ServerInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer ";
    private static final Context.Key<JWTClaimsSet> CLAIMS = Context.key("dev.rollcall.jwt");
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final int SHORTEST_SECRET = 32;

    private final JWSAlgorithm algorithm;
    private final Key key;
    private final @Nullable String issuer;
    private final @Nullable String audience;
    private final Set<String> open;
    private final Clock clock;
    private final DefaultJWTProcessor<SecurityContext> processor;

    private JwtCheck(
            JWSAlgorithm algorithm,
            Key key,
            @Nullable String issuer,
            @Nullable String audience,
            Set<String> open,
            Clock clock) {
        this.algorithm = algorithm;
        this.key = key;
        this.issuer = issuer;
        this.audience = audience;
        this.open = Set.copyOf(open);
        this.clock = clock;
        processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new SingleKeyJWSKeySelector<>(algorithm, key));
        processor.setJWTClaimsSetVerifier(new Claims());
    }

    /** Tokens signed by HMAC with a shared secret of at least 32 bytes. */
    public static JwtCheck hs256(byte[] secret) {
        if (secret.length < SHORTEST_SECRET) {
            throw new IllegalArgumentException(
                    "secret: " + secret.length + " bytes (expected: at least " + SHORTEST_SECRET + ")");
        }
        return of(JWSAlgorithm.HS256, new SecretKeySpec(secret, "HmacSHA256"));
    }

    /** Tokens signed by RSA. */
    public static JwtCheck rs256(RSAPublicKey key) {
        return of(JWSAlgorithm.RS256, key);
    }

    /** Tokens signed by ECDSA on the curve P-256. */
    public static JwtCheck es256(ECPublicKey key) {
        return of(JWSAlgorithm.ES256, key);
    }

    private static JwtCheck of(JWSAlgorithm algorithm, Key key) {
        return new JwtCheck(algorithm, key, null, null, Set.of(), Clock.systemUTC());
    }

    /** Only tokens that this one issued ({@code iss}). */
    public JwtCheck withIssuer(String changed) {
        return new JwtCheck(algorithm, key, changed, audience, open, clock);
    }

    /** Only tokens meant for this one ({@code aud}). */
    public JwtCheck withAudience(String changed) {
        return new JwtCheck(algorithm, key, issuer, changed, open, clock);
    }

    JwtCheck withClock(Clock changed) {
        return new JwtCheck(algorithm, key, issuer, audience, open, changed);
    }

    /** Endpoints that need no token, {@code Account.Login}. */
    public JwtCheck except(String... endpoints) {
        Set<String> all = new HashSet<>(open);
        all.addAll(Arrays.asList(endpoints));
        return new JwtCheck(algorithm, key, issuer, audience, all, clock);
    }

    /** Whom the token of the call being served speaks of; null when it needed none. */
    public static @Nullable String subject() {
        JWTClaimsSet claims = CLAIMS.get();
        return claims == null ? null : claims.getSubject();
    }

    /** All claims in the token of the call being served; empty when it needed none. */
    public static Map<String, Object> claims() {
        JWTClaimsSet claims = CLAIMS.get();
        return claims == null ? Map.of() : claims.toJSONObject();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (open.contains(Methods.endpoint(call.getMethodDescriptor()))) {
            return next.startCall(call, headers);
        }
        String given = headers.get(AUTHORIZATION);
        if (given == null || !given.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return refuse(call, "missing");
        }
        JWTClaimsSet claims;
        try {
            claims = processor.process(given.substring(SCHEME.length()).trim(), null);
        } catch (ExpiredJWTException over) {
            return refuse(call, "expired");
        } catch (ParseException | BadJOSEException | JOSEException | IllegalArgumentException bad) {
            return refuse(call, "not valid");
        }
        return Contexts.interceptCall(Context.current().withValue(CLAIMS, claims), call, headers, next);
    }

    private static <Q> ServerCall.Listener<Q> refuse(ServerCall<?, ?> call, String why) {
        call.close(Status.UNAUTHENTICATED.withDescription("bearer token: " + why), new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private final class Claims extends DefaultJWTClaimsVerifier<SecurityContext> {
        Claims() {
            super(
                    audience,
                    issuer == null
                            ? null
                            : new JWTClaimsSet.Builder().issuer(issuer).build(),
                    Set.of("exp", "sub"));
            setMaxClockSkew((int) SKEW.toSeconds());
        }

        @Override
        protected Date currentTime() {
            return Date.from(clock.instant());
        }
    }
}
