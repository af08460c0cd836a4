package dev.rollcall.etcd.testing;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ScriptedEtcd} does with one unary call instead of answering it. Runs on the server's network thread, so it must
 * not block; a {@link Gate} lets a call wait.
 */
@FunctionalInterface
public interface CallScript {
    /** Decides the call: any of its methods, in any order, or none. */
    void run(Call call);

    /** Applied and answered. */
    static CallScript asUsual() {
        return Call::answer;
    }

    /** Not applied, and answered with this. */
    static CallScript failWith(Status status) {
        return call -> call.fail(status);
    }

    /** Applied, and the answer lost: the caller sees this. */
    static CallScript applyThenFail(Status status) {
        return call -> {
            call.apply();
            call.fail(status);
        };
    }

    /** Not applied, and never answered. */
    static CallScript silence() {
        return call -> {};
    }

    /** Applied, and never answered. */
    static CallScript applyThenSilence() {
        return Call::apply;
    }

    /** Applied now, and answered when the gate opens. */
    static CallScript answerAfter(Gate gate) {
        return call -> {
            call.apply();
            gate.then(call::answer);
        };
    }

    /** Applied and answered when the gate opens, also if the caller has given up by then. */
    static CallScript applyAfter(Gate gate) {
        return call -> gate.then(call::answer);
    }

    /** One unary call, to be applied, answered or failed. */
    final class Call {
        private final Message request;
        private final Runnable apply;
        private final Runnable answer;
        private final StreamObserver<?> out;
        private boolean applied;

        private Call(Message request, Runnable apply, Runnable answer, StreamObserver<?> out) {
            this.request = request;
            this.apply = apply;
            this.answer = answer;
            this.out = out;
        }

        static <A> Call of(Message request, Supplier<A> model, StreamObserver<A> out) {
            Outcome<A> outcome = new Outcome<>();
            return new Call(request, () -> outcome.keep(model), () -> outcome.send(out), out);
        }

        /** What was asked. */
        public Message request() {
            return request;
        }

        /** Does what was asked, once, without a word. */
        public synchronized void apply() {
            if (!applied) {
                applied = true;
                apply.run();
            }
        }

        /** Does what was asked, if not done yet, and says so. */
        public void answer() {
            apply();
            answer.run();
        }

        /** Answers with a status, whatever was done. */
        public void fail(Status status) {
            out.onError(status.asRuntimeException());
        }
    }

    /** An answer or a refusal, kept until it is sent. */
    final class Outcome<A> {
        private @Nullable A answer;
        private @Nullable StatusRuntimeException refusal;

        private Outcome() {}

        private void keep(Supplier<A> model) {
            try {
                answer = model.get();
            } catch (StatusRuntimeException e) {
                refusal = e;
            }
        }

        private void send(StreamObserver<A> out) {
            if (answer != null) {
                out.onNext(answer);
                out.onCompleted();
            } else if (refusal != null) {
                out.onError(refusal);
            }
        }
    }
}
