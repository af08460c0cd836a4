package dev.rollcall.etcd.testing;

import static dev.rollcall.etcd.testing.EtcdRules.refusal;

import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.etcd.api.AuthenticateResponse;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The users of a {@link ScriptedEtcd} and their tokens; without users everybody may do everything. Its owner locks. */
final class EtcdUsers {
    /** What the headers of a call say. */
    record Caller(String token, boolean requireLeader) {}

    static final Context.Key<Caller> CALLER = Context.keyWithDefault("caller", new Caller("", false));
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> LEADER = Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    private final Map<String, String> passwords = new HashMap<>();
    private final Set<String> tokens = new HashSet<>();
    private int issued;

    void add(String name, String password) {
        passwords.put(name, password);
    }

    void forgetTokens() {
        tokens.clear();
    }

    /** Refuses a caller without a valid token, once there are users. */
    void check(Caller caller) {
        if (!passwords.isEmpty() && caller.token().isEmpty()) {
            throw refusal(Status.INVALID_ARGUMENT, "user name is empty");
        }
        checkToken(caller);
    }

    /** Refuses an invalid token; etcd 3.4 lets callers without one handle leases. */
    void checkToken(Caller caller) {
        if (!passwords.isEmpty() && !caller.token().isEmpty() && !tokens.contains(caller.token())) {
            throw refusal(Status.UNAUTHENTICATED, "invalid auth token");
        }
    }

    AuthenticateResponse authenticate(AuthenticateRequest request) {
        if (passwords.isEmpty()) {
            throw refusal(Status.FAILED_PRECONDITION, "authentication is not enabled");
        }
        if (!request.getPassword().equals(passwords.get(request.getName()))) {
            throw refusal(Status.INVALID_ARGUMENT, "authentication failed, invalid user ID or password");
        }
        String token = "token." + ++issued;
        tokens.add(token);
        return AuthenticateResponse.newBuilder().setToken(token).build();
    }

    static ServerInterceptor readHeaders() {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                String token = headers.get(TOKEN);
                Caller caller = new Caller(token == null ? "" : token, "true".equals(headers.get(LEADER)));
                return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
            }
        };
    }
}
