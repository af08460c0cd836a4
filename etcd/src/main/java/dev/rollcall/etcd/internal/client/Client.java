package dev.rollcall.etcd.internal.client;

import dev.rollcall.Event;
import dev.rollcall.RollcallException;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one working {@link Connection} to a cluster, for ever: tries the servers in turn, and after each round without success waits
 * with full jitter. All methods but {@link #ask} belong to the engine's context.
 */
public final class Client {
    /** Told of every connection and of its end. */
    public interface Listener {
        void connected(Connection connection);

        /** There is no connection any more, or a try to make one failed. */
        void disconnected();
    }

    /** A refused password is a costly question to etcd, so it is asked less often. */
    private static final Duration REFUSED_DELAY = Duration.ofSeconds(5);

    private final Engine engine;
    private final ClientSettings settings;
    private final Backoff backoff;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Question<?>> questions = new ArrayList<>();
    private @Nullable Connection attempt;
    private @Nullable Connection connection;
    private @Nullable ScheduledHandle nextAttempt;
    private volatile @Nullable RollcallException problem;
    private int next;
    private boolean everConnected;
    private boolean closed;

    public Client(Engine engine, ClientSettings settings) {
        if (settings.servers().get(0).tls()) {
            Channels.check(settings.tls());
        }
        this.engine = engine;
        this.settings = settings;
        this.backoff = new Backoff(engine, settings.retryCap());
        engine.afterBug(() -> {
            Connection current = connection;
            if (current != null) {
                current.fail(Status.INTERNAL.withDescription("a bug in the engine"));
            }
        });
    }

    /** Starts connecting. */
    public void start() {
        engine.run(this::attempt);
    }

    /** Adds a listener, and tells it of the present connection if there is one. */
    public void listen(Listener listener) {
        listeners.add(listener);
        if (connection != null) {
            listener.connected(connection);
        }
    }

    public void unlisten(Listener listener) {
        listeners.remove(listener);
    }

    public @Nullable Connection connection() {
        return connection;
    }

    /** Why there is no connection, as far as known. */
    public Optional<RollcallException> problem() {
        return Optional.ofNullable(problem);
    }

    private void attempt() {
        if (closed || attempt != null || connection != null) {
            return;
        }
        nextAttempt = null;
        Server server = settings.servers().get(next);
        Connection[] self = new Connection[1];
        Connection made;
        try {
            made = new Connection(engine, server, settings, status -> ended(self[0], status));
        } catch (RollcallException e) {
            problem = e;
            nextAttempt = engine.after(backoff.next(), this::attempt);
            return;
        }
        self[0] = made;
        attempt = made;
        made.prove(new Reply<Boolean>() {
            @Override
            public void answered(Boolean proven) {
                if (attempt == made && !made.over()) {
                    connected(made);
                }
            }

            @Override
            public void failed(Status status) {
                made.fail(status);
            }
        });
    }

    private void connected(Connection made) {
        attempt = null;
        connection = made;
        problem = null;
        backoff.reset();
        if (everConnected) {
            engine.count("reconnects");
        }
        everConnected = true;
        engine.tell(new Event.Connected(made.endpoint()));
        List.copyOf(listeners).forEach(listener -> listener.connected(made));
        List.copyOf(questions).forEach(question -> question.put(made));
    }

    private void ended(Connection ended, Status status) {
        if (ended != attempt && ended != connection) {
            return;
        }
        RollcallException why = Failures.explain(status, ended.endpoint());
        problem = why;
        boolean was = ended == connection;
        attempt = null;
        connection = null;
        next = (next + 1) % settings.servers().size();
        if (closed) {
            return;
        }
        engine.tell(new Event.Disconnected(ended.endpoint(), why));
        List.copyOf(listeners).forEach(Listener::disconnected);
        if (Failures.denied(status)) {
            questions.forEach(question -> question.refused(why));
            questions.clear();
        }
        boolean roundOver = next == 0 || (was && settings.servers().size() == 1);
        long delay = Failures.refused(status) ? engine.around(REFUSED_DELAY) : roundOver ? backoff.next() : 0;
        nextAttempt = engine.after(delay, this::attempt);
    }

    /**
     * Asks something of etcd on behalf of a user's thread: waits for a connection, asks again on the next one when it is lost, and
     * fails when the time is over, with the reason why there was no answer. Only for what may be asked twice.
     */
    public <T> CompletableFuture<T> ask(String what, Duration atMost, BiConsumer<Connection, Reply<T>> how) {
        Question<T> question = new Question<>(what, how);
        engine.run(() -> {
            if (closed) {
                question.result.completeExceptionally(new UnavailableException(what + ": closed"));
                return;
            }
            questions.add(question);
            ScheduledHandle timeout = engine.after(atMost.toNanos(), () -> question.timedOut(atMost));
            var unused = question.result.whenComplete((answer, thrown) -> engine.run(() -> {
                timeout.cancel();
                questions.remove(question);
            }));
            if (connection != null) {
                question.put(connection);
            } else if (problem instanceof dev.rollcall.AccessDeniedException denied) {
                question.refused(denied);
            }
        });
        return question.result;
    }

    /** Ends the connection and stops trying. */
    public void close() {
        closed = true;
        if (nextAttempt != null) {
            nextAttempt.cancel();
        }
        if (attempt != null) {
            attempt.close();
        }
        if (connection != null) {
            connection.close();
        }
        for (Question<?> question : List.copyOf(questions)) {
            question.result.completeExceptionally(new UnavailableException(question.what + ": closed"));
        }
    }

    private final class Question<T> {
        final String what;
        final BiConsumer<Connection, Reply<T>> how;
        final CompletableFuture<T> result = new CompletableFuture<>();

        Question(String what, BiConsumer<Connection, Reply<T>> how) {
            this.what = what;
            this.how = how;
        }

        void put(Connection to) {
            how.accept(to, new Reply<T>() {
                @Override
                public void answered(T answer) {
                    result.complete(answer);
                }

                @Override
                public void failed(Status status) {
                    if (to.over()) {
                        return; // the next connection is asked again
                    }
                    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
                        put(to);
                    } else {
                        refused(Failures.explain(status, to.endpoint()));
                    }
                }
            });
        }

        void refused(RollcallException why) {
            result.completeExceptionally(why);
        }

        void timedOut(Duration atMost) {
            RollcallException why = problem;
            String reason = why == null ? "etcd did not answer" : String.valueOf(why.getMessage());
            result.completeExceptionally(
                    new UnavailableException(what + ": no answer in " + atMost.toMillis() + " ms: " + reason, why));
        }
    }
}
