package login.transport;

import dev.rollcall.rpc.interceptors.JwtCheck;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;
import login.endpoint.LoginEndpoints;
import login.endpoint.LoginRequest;
import login.service.RefusedException;

/** The endpoints over gRPC: messages to requests, responses to messages, exceptions to codes. */
public final class LoginTransport extends UserGrpc.UserImplBase {
    private final LoginEndpoints endpoints;

    public LoginTransport(LoginEndpoints endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public void login(Credentials credentials, StreamObserver<Ticket> answer) {
        answer(answer, () -> {
            LoginRequest request = new LoginRequest(credentials.getName(), credentials.getPassword());
            return Ticket.newBuilder()
                    .setToken(endpoints.login(request).token())
                    .build();
        });
    }

    /** Answers what the token says, which was checked before. */
    @Override
    public void whoAmI(Nothing nothing, StreamObserver<Person> answer) {
        answer(answer, () -> Person.newBuilder().setName(JwtCheck.subject()).build());
    }

    /** An exception that is not expected here goes on: the host logs it and answers INTERNAL, without its text. */
    private static <T> void answer(StreamObserver<T> answer, Supplier<T> message) {
        try {
            answer.onNext(message.get());
            answer.onCompleted();
        } catch (RefusedException refused) {
            answer.onError(
                    Status.UNAUTHENTICATED.withDescription(refused.getMessage()).asRuntimeException());
        } catch (IllegalArgumentException invalid) {
            answer.onError(Status.INVALID_ARGUMENT
                    .withDescription(invalid.getMessage())
                    .asRuntimeException());
        }
    }
}
