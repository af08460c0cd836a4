package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.AuthDisableRequest;
import dev.rollcall.etcd.api.AuthDisableResponse;
import dev.rollcall.etcd.api.AuthEnableRequest;
import dev.rollcall.etcd.api.AuthEnableResponse;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthRoleListRequest;
import dev.rollcall.etcd.api.AuthRoleListResponse;
import dev.rollcall.etcd.api.AuthStatusRequest;
import dev.rollcall.etcd.api.AuthStatusResponse;
import dev.rollcall.etcd.api.AuthUserListRequest;
import dev.rollcall.etcd.api.AuthUserListResponse;
import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.etcd.api.AuthenticateResponse;
import dev.rollcall.etcd.api.ResponseHeader;
import io.grpc.stub.StreamObserver;

/** etcd's Auth service, of an etcd without users: authentication is off and stays off. */
final class AuthService extends AuthGrpc.AuthImplBase {
    private final Store store;
    private final Answers answers;

    AuthService(Store store) {
        this.store = store;
        this.answers = new Answers(store);
    }

    @Override
    public void authEnable(AuthEnableRequest request, StreamObserver<AuthEnableResponse> out) {
        out.onError(Answers.status(Refusal.NO_ROOT_USER).asRuntimeException());
    }

    @Override
    public void authDisable(AuthDisableRequest request, StreamObserver<AuthDisableResponse> out) {
        answers.answer(
                out, () -> AuthDisableResponse.newBuilder().setHeader(header()).build());
    }

    @Override
    public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> out) {
        answers.answer(
                out,
                () -> AuthStatusResponse.newBuilder()
                        .setHeader(header())
                        .setAuthRevision(1)
                        .build());
    }

    @Override
    public void authenticate(AuthenticateRequest request, StreamObserver<AuthenticateResponse> out) {
        out.onError(Answers.status(Refusal.AUTHENTICATION_OFF).asRuntimeException());
    }

    @Override
    public void userList(AuthUserListRequest request, StreamObserver<AuthUserListResponse> out) {
        answers.answer(
                out, () -> AuthUserListResponse.newBuilder().setHeader(header()).build());
    }

    @Override
    public void roleList(AuthRoleListRequest request, StreamObserver<AuthRoleListResponse> out) {
        answers.answer(
                out, () -> AuthRoleListResponse.newBuilder().setHeader(header()).build());
    }

    private ResponseHeader header() {
        return Headers.at(store.revision());
    }
}
