package dev.rollcall.etcd.internal.client;

import dev.rollcall.RollcallException;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What users' threads want to know from etcd, asked on one connection after the other until there is an answer. In the engine's context. */
final class Questions {
    private static final int MOST = 1_000;

    private final Engine engine;
    private final List<Question<?>> waiting = new ArrayList<>();
    private final Function<String, UnavailableException> late;

    /** @param late why there was no answer, behind these words */
    Questions(Engine engine, Function<String, UnavailableException> late) {
        this.engine = engine;
        this.late = late;
    }

    <T> void ask(
            CompletableFuture<T> result,
            String what,
            Duration atMost,
            BiConsumer<Connection, Reply<T>> how,
            @Nullable Connection on) {
        if (waiting.size() >= MOST) {
            result.completeExceptionally(new UnavailableException(what + ": " + waiting.size()
                    + " questions wait for etcd already (expected: fewer than " + MOST + ")"));
            return;
        }
        Question<T> question = new Question<>(result, what, how);
        waiting.add(question);
        ScheduledHandle timeout = engine.after(
                atMost.toNanos(),
                () -> question.fail(late.apply(what + ": no answer in " + atMost.toMillis() + " ms: ")));
        var unused = result.whenComplete((answer, thrown) -> engine.run(() -> {
            timeout.cancel();
            waiting.remove(question);
        }));
        if (on != null) {
            question.put(on);
        }
    }

    /** Asks all that wait. */
    void put(Connection to) {
        List.copyOf(waiting).forEach(question -> question.put(to));
    }

    /** Fails all that wait. */
    void fail(RollcallException why) {
        List.copyOf(waiting).forEach(question -> question.fail(why));
    }

    void close() {
        List.copyOf(waiting).forEach(question -> question.fail(closed(question.what)));
    }

    static UnavailableException closed(String what) {
        return new UnavailableException(what + ": closed");
    }

    private record Question<T>(CompletableFuture<T> result, String what, BiConsumer<Connection, Reply<T>> how) {
        void put(Connection to) {
            how.accept(to, new Reply<T>() {
                @Override
                public void answered(T answer) {
                    result.complete(answer);
                }

                @Override
                public void failed(Status status) {
                    if (to.over() || result.isDone()) {
                        return; // the next connection is asked again
                    }
                    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
                        put(to);
                    } else {
                        fail(Failures.explain(status, to.endpoint()));
                    }
                }
            });
        }

        void fail(RollcallException why) {
            result.completeExceptionally(why);
        }
    }
}
