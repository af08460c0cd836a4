package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides when the next step may be taken: one call at a time, in turn with the other registrations, and after one that failed not
 * before a pause. An answer counts only while its connection is the present one.
 */
final class Pacer {
    private final Engine engine;
    private final Turns turns;
    private final Supplier<@Nullable Connection> present;
    private final Runnable step;
    private final Backoff backoff;
    private @Nullable ScheduledHandle timer;
    private boolean busy;
    private boolean pausing;
    private boolean closed;

    /**
     * @param present the present connection
     * @param step to be taken when something has changed
     * @param pauses after failures
     */
    Pacer(Engine engine, Turns turns, Supplier<@Nullable Connection> present, Runnable step, Backoff pauses) {
        this.engine = engine;
        this.turns = turns;
        this.present = present;
        this.step = step;
        this.backoff = pauses;
    }

    /** Whether a step may be taken now; if not, one is taken later. */
    boolean ready() {
        return !busy && !pausing && !closed;
    }

    /** Whether a call is under way. */
    boolean busy() {
        return busy;
    }

    /** Whether a call may be made now, which is then begun; if not, a step is taken when it may. */
    boolean begin() {
        busy = turns.take(step);
        return busy;
    }

    private void end() {
        if (busy) {
            busy = false;
            turns.giveBack();
        }
    }

    /** Ends the call that was begun, then a step is taken: at once when it was answered, after a pause when it failed. */
    <T> Reply<T> reply(Connection on, Consumer<T> got, Consumer<Status> failed) {
        return new Reply<>() {
            @Override
            public void answered(T answer) {
                if (counts(on)) {
                    end();
                    got.accept(answer);
                    step.run();
                }
            }

            @Override
            public void failed(Status status) {
                if (counts(on)) {
                    end();
                    failed.accept(status);
                    pause();
                }
            }
        };
    }

    private boolean counts(Connection on) {
        return !closed && present.get() == on;
    }

    /** Takes the next step after this time at the latest. */
    void again(long nanos) {
        cancel();
        timer = engine.after(nanos, step);
    }

    /** Takes no step for a while, which is longer the more often it was so without a {@link #wentWell}. */
    void pause() {
        pausing = true;
        cancel();
        timer = engine.after(backoff.next(), () -> {
            pausing = false;
            step.run();
        });
    }

    void wentWell() {
        backoff.reset();
    }

    /** The next step need not wait for anything but a call under way. */
    void hurry() {
        pausing = false;
    }

    /** No call is under way any more. */
    void disconnected() {
        busy = false;
        pausing = false;
        cancel();
    }

    /** No step is taken any more. */
    void close() {
        end();
        closed = true;
        cancel();
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
        }
    }
}
