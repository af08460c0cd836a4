package dev.rollcall.rpc.interceptors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.rollcall.rpc.test.GreeterGrpc;
import dev.rollcall.rpc.test.HelloReply;
import dev.rollcall.rpc.test.HelloRequest;
import io.github.bucket4j.TimeMeter;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;

class InterceptorsTest {
    private static final byte[] SECRET = new byte[32];
    private static final byte[] OTHER_SECRET = new byte[32];
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final JwtCheck CHECK = JwtCheck.hs256(SECRET)
            .withAudience("svc.user.agent")
            .withIssuer("login")
            .withClock(Clock.fixed(NOW, ZoneOffset.UTC));

    static {
        Arrays.fill(OTHER_SECRET, (byte) 1);
    }

    private @Nullable Server server;
    private @Nullable ManagedChannel channel;

    @AfterEach
    void stop() throws InterruptedException {
        if (channel != null && server != null) {
            channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    /** Answers with whom the token speaks of. */
    private static final class Greeter extends GreeterGrpc.GreeterImplBase {
        @Override
        public void hello(HelloRequest request, StreamObserver<HelloReply> reply) {
            if (request.getMsg().equals("fail")) {
                reply.onError(Status.INTERNAL.asRuntimeException());
                return;
            }
            reply.onNext(HelloReply.newBuilder()
                    .setMsg(String.valueOf(JwtCheck.subject()))
                    .build());
            reply.onCompleted();
        }
    }

    private GreeterGrpc.GreeterBlockingStub stub(ServerInterceptor interceptor) throws IOException {
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .addService(ServerInterceptors.intercept(new Greeter(), interceptor))
                .build()
                .start();
        ManagedChannel made = InProcessChannelBuilder.forName(name).build();
        channel = made;
        return GreeterGrpc.newBlockingStub(made).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static GreeterGrpc.GreeterBlockingStub with(GreeterGrpc.GreeterBlockingStub stub, String authorization) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .subject("alice")
                .audience("svc.user.agent")
                .issuer("login")
                .expirationTime(Date.from(NOW.plusSeconds(60)));
    }

    private static String signed(JWTClaimsSet.Builder claims, byte[] secret) throws JOSEException {
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
        token.sign(new MACSigner(secret));
        return "Bearer " + token.serialize();
    }

    @Test
    void a_valid_token_lets_the_call_in_and_says_who_it_is() throws Exception {
        assertThat(with(stub(CHECK), signed(claims(), SECRET))
                        .hello(HelloRequest.getDefaultInstance())
                        .getMsg())
                .isEqualTo("alice");
    }

    @Test
    void a_token_just_over_is_taken_since_clocks_differ() throws Exception {
        JWTClaimsSet.Builder over = claims().expirationTime(Date.from(NOW.minusSeconds(20)));

        assertThat(with(stub(CHECK), signed(over, SECRET))
                        .hello(HelloRequest.getDefaultInstance())
                        .getMsg())
                .isEqualTo("alice");
    }

    @Test
    void whatever_else_is_refused_and_nothing_is_told() throws Exception {
        KeyPair pair = rsa();
        GreeterGrpc.GreeterBlockingStub stub = stub(CHECK);

        assertRefused(stub, "missing");
        assertRefused(with(stub, "Basic YWxpY2U6c2VjcmV0"), "missing");
        assertRefused(with(stub, "Bearer nonsense"), "not valid");
        assertRefused(with(stub, "Bearer "), "not valid");
        assertRefused(with(stub, signed(claims(), OTHER_SECRET)), "not valid");
        assertRefused(with(stub, "Bearer " + new PlainJWT(claims().build()).serialize()), "not valid");
        assertRefused(with(stub, signed(claims().audience("other"), SECRET)), "not valid");
        assertRefused(with(stub, signed(claims().issuer("other"), SECRET)), "not valid");
        assertRefused(with(stub, signed(claims().expirationTime(null), SECRET)), "not valid");
        assertRefused(with(stub, signed(claims().subject(null), SECRET)), "not valid");
        assertRefused(with(stub, signed(claims().notBeforeTime(Date.from(NOW.plusSeconds(60))), SECRET)), "not valid");
        assertRefused(with(stub, signed(claims().expirationTime(Date.from(NOW.minusSeconds(60))), SECRET)), "expired");
        assertRefused(with(stub, signed(claims(), Arrays.copyOf(pair.getPublic().getEncoded(), 64))), "not valid");
    }

    private static void assertRefused(GreeterGrpc.GreeterBlockingStub stub, String why) {
        Status status = Status.fromThrowable(catchThrowable(() -> stub.hello(HelloRequest.getDefaultInstance())));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(status.getDescription()).isEqualTo("bearer token: " + why);
    }

    private static KeyPair rsa() throws NoSuchAlgorithmException {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        return keys.generateKeyPair();
    }

    @Test
    void a_public_key_is_never_taken_as_a_shared_secret() throws Exception {
        RSAPublicKey key = (RSAPublicKey) rsa().getPublic();
        GreeterGrpc.GreeterBlockingStub stub = stub(JwtCheck.rs256(key).withClock(Clock.fixed(NOW, ZoneOffset.UTC)));

        assertRefused(with(stub, signed(claims(), key.getEncoded())), "not valid");
    }

    @Test
    void an_endpoint_may_need_no_token() throws Exception {
        assertThat(stub(CHECK.except("Greeter.Hello"))
                        .hello(HelloRequest.getDefaultInstance())
                        .getMsg())
                .isEqualTo("null");
    }

    @Test
    void a_short_secret_is_refused() {
        assertThatThrownBy(() -> JwtCheck.hs256(new byte[31])).hasMessage("secret: 31 bytes (expected: at least 32)");
    }

    @Test
    void calls_over_the_limit_are_refused_until_time_has_passed() throws Exception {
        AtomicLong nanos = new AtomicLong();
        GreeterGrpc.GreeterBlockingStub stub = stub(RateLimit.of(2, Duration.ofSeconds(1), new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return nanos.get();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        }));

        assertThat(code(stub, "")).isEqualTo(Status.Code.OK);
        assertThat(code(stub, "")).isEqualTo(Status.Code.OK);
        assertThat(code(stub, "")).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
        assertThat(code(stub, "")).isEqualTo(Status.Code.OK);
        assertThat(code(stub, "")).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    private static Status.Code code(GreeterGrpc.GreeterBlockingStub stub, String msg) {
        Throwable thrown = catchThrowable(
                () -> stub.hello(HelloRequest.newBuilder().setMsg(msg).build()));
        return thrown == null ? Status.Code.OK : Status.fromThrowable(thrown).getCode();
    }

    @Test
    void each_call_is_a_line_without_its_messages_or_headers() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        GreeterGrpc.GreeterBlockingStub stub = stub(new CallLog(recording(lines)));

        assertThat(code(with(stub, "Bearer hunter2"), "hunter2")).isEqualTo(Status.Code.OK);
        assertThat(code(stub, "fail")).isEqualTo(Status.Code.INTERNAL);

        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).matches("INFO rollcall.test.Greeter/Hello OK in \\d+ ms");
        assertThat(lines.get(1)).matches("WARN rollcall.test.Greeter/Hello INTERNAL in \\d+ ms");
    }

    private static Logger recording(List<String> lines) {
        return new AbstractLogger() {
            private static final long serialVersionUID = 1;

            @Override
            public boolean isTraceEnabled() {
                return true;
            }

            @Override
            public boolean isTraceEnabled(Marker marker) {
                return true;
            }

            @Override
            public boolean isDebugEnabled() {
                return true;
            }

            @Override
            public boolean isDebugEnabled(Marker marker) {
                return true;
            }

            @Override
            public boolean isInfoEnabled() {
                return true;
            }

            @Override
            public boolean isInfoEnabled(Marker marker) {
                return true;
            }

            @Override
            public boolean isWarnEnabled() {
                return true;
            }

            @Override
            public boolean isWarnEnabled(Marker marker) {
                return true;
            }

            @Override
            public boolean isErrorEnabled() {
                return true;
            }

            @Override
            public boolean isErrorEnabled(Marker marker) {
                return true;
            }

            @Override
            protected @Nullable String getFullyQualifiedCallerName() {
                return null;
            }

            @Override
            protected void handleNormalizedLoggingCall(
                    Level level,
                    Marker marker,
                    String pattern,
                    Object @Nullable [] arguments,
                    @Nullable Throwable thrown) {
                lines.add(level + " "
                        + MessageFormatter.arrayFormat(pattern, arguments).getMessage());
            }
        };
    }
}
