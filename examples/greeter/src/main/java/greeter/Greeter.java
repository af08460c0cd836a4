package greeter;

import io.grpc.stub.StreamObserver;

/** What the service does: it greets back. */
final class Greeter extends GreeterGrpc.GreeterImplBase {
    @Override
    public void hello(Greeting greeting, StreamObserver<Greeting> answer) {
        answer.onNext(Greeting.newBuilder()
                .setFrom(greeting.getTo())
                .setTo(greeting.getFrom())
                .setMsg("Hello " + greeting.getFrom() + ", you said: " + greeting.getMsg())
                .build());
        answer.onCompleted();
    }
}
