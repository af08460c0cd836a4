package dev.rollcall.mucp;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What a call brought, and a future of its end. */
final class Answers<R> implements StreamObserver<R> {
    final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Consumer<R> each;

    private Answers(Consumer<R> each) {
        this.each = each;
    }

    static <R> Answers<R> of(Consumer<R> each) {
        return new Answers<>(each);
    }

    @Override
    public void onNext(R answer) {
        each.accept(answer);
    }

    @Override
    public void onError(Throwable thrown) {
        end.completeExceptionally(thrown);
    }

    @Override
    public void onCompleted() {
        end.complete(null);
    }
}
