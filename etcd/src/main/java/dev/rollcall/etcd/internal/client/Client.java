package dev.rollcall.etcd.internal.client;

import dev.rollcall.Event;
import dev.rollcall.RollcallException;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one working {@link Connection} to a cluster, for ever: tries the servers in turn, and after each round without success waits
 * with full jitter. All methods but {@link #ask} and {@link #problem} belong to the engine's context.
 */
public final class Client {
    /** Told of every connection and of its end. */
    public interface Listener {
        void connected(Connection connection);

        /** There is no connection any more, or a try to make one failed. */
        void disconnected();

        /**
         * Before the first connection: a server is up, but the cluster has lost its quorum. Serializable reads (and nothing else) are
         * answered, perhaps with what is out of date; {@link #disconnected} follows soon.
         */
        default void degraded(Connection connection) {}
    }

    /** A refused password is a costly question to etcd, so it is asked less often. */
    private static final Duration REFUSED_DELAY = Duration.ofSeconds(5);

    private final Engine engine;
    private final ClientSettings settings;
    private final Login login;
    private final Addresses dns;
    private final Backoff backoff;
    private final List<Listener> listeners = new ArrayList<>();
    private final Questions questions;
    /** Why the servers tried since the last connection could not be used, by endpoint. */
    private final Map<String, RollcallException> problems = new LinkedHashMap<>();

    /** What is left to try of the present server's addresses. */
    private final Deque<InetAddress> addresses = new ArrayDeque<>();

    private @Nullable Connection attempt;
    private @Nullable Connection connection;
    private @Nullable ScheduledHandle nextAttempt;
    private volatile @Nullable RollcallException problem;
    /** Set while there is no point in waiting for an answer. */
    private @Nullable RollcallException refusal;

    private Duration patience;
    private boolean allLate = true;
    private int failedInRound;
    private int next;
    private long connectedAt;
    private boolean everConnected;
    private boolean everyServerFailed;
    private boolean closed;

    public Client(Engine engine, ClientSettings settings) {
        this(engine, settings, new Addresses(engine));
    }

    Client(Engine engine, ClientSettings settings, Addresses dns) {
        if (settings.servers().get(0).tls()) {
            Channels.check(settings.servers().get(0), settings.tls());
        }
        if (settings.user() != null) {
            FrameLog.silence();
        }
        this.engine = engine;
        this.settings = settings;
        this.login = new Login(engine, settings);
        this.dns = dns;
        this.questions = new Questions(engine, this::late);
        this.backoff = new Backoff(engine, settings.retryCap());
        this.patience = settings.timeout();
        engine.afterBug(this::afterBug);
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

    private void afterBug() {
        Connection current = connection == null ? attempt : connection;
        if (current != null) {
            current.fail(Status.INTERNAL.withDescription("a bug in the engine"));
        } else if (nextAttempt == null) {
            attemptIn(backoff.next());
        }
    }

    private void attemptIn(long delayNanos) {
        if (nextAttempt != null) {
            nextAttempt.cancel();
        }
        nextAttempt = closed ? null : engine.after(delayNanos, this::attempt);
    }

    private void attempt() {
        nextAttempt = null;
        if (closed || attempt != null || connection != null) {
            return;
        }
        Server server = settings.servers().get(next);
        InetAddress address = addresses.poll();
        if (address != null) {
            attempt(server, address);
            return;
        }
        dns.of(server.host(), settings.timeout(), new Reply<>() {
            @Override
            public void answered(List<InetAddress> found) {
                addresses.addAll(found);
                attempt();
            }

            @Override
            public void failed(Status status) {
                notConnected(server.toString(), status, false);
            }
        });
    }

    private void attempt(Server server, InetAddress address) {
        Connection[] self = new Connection[1];
        Connection made;
        try {
            made = new Connection(
                    engine,
                    server,
                    Channels.open(server, address, settings.tls()),
                    settings,
                    login,
                    patience,
                    status -> ended(self[0], status));
        } catch (RollcallException e) {
            failed(server.toString(), e, true, engine.around(REFUSED_DELAY));
            return;
        }
        self[0] = made;
        attempt = made;
        made.prove(!everConnected && everyServerFailed, new Reply<>() {
            @Override
            public void answered(Connection.Proof proof) {
                if (attempt != made || made.over()) {
                    return;
                }
                if (proof == Connection.Proof.QUORUM) {
                    connected(made);
                } else {
                    degraded(made);
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
        connectedAt = engine.now();
        problem = null;
        refusal = null;
        problems.clear();
        failedInRound = 0;
        allLate = true;
        patience = settings.timeout();
        addresses.clear();
        if (everConnected) {
            engine.count("reconnects");
        }
        everConnected = true;
        engine.tell(new Event.Connected(made.endpoint()));
        List.copyOf(listeners).forEach(listener -> listener.connected(made));
        questions.put(made);
    }

    /** Nobody has seen anything yet, so what the server alone can tell is better than nothing. */
    private void degraded(Connection made) {
        var unused = engine.after(
                settings.timeout().toNanos(), () -> made.fail(Status.UNAVAILABLE.withDescription(Failures.NO_LEADER)));
        List.copyOf(listeners).forEach(listener -> listener.degraded(made));
    }

    private void ended(Connection ended, Status status) {
        if (closed || (ended != attempt && ended != connection)) {
            return;
        }
        boolean was = ended == connection;
        attempt = null;
        connection = null;
        if (was && engine.now() - connectedAt > settings.retryCap().toNanos()) {
            backoff.reset(); // not before: a server that takes us on and drops us again deserves its pauses
        }
        if (was) {
            addresses.clear();
        }
        boolean tls = settings.servers().get(0).tls(); // all of them, or none
        notConnected(ended.endpoint(), was ? status : Failures.ofAttempt(status, tls), was);
    }

    private void notConnected(String endpoint, Status status, boolean was) {
        boolean roundOver = false;
        allLate &= status.getCode() == Status.Code.DEADLINE_EXCEEDED;
        if (addresses.isEmpty()) {
            next = (next + 1) % settings.servers().size();
            failedInRound += was ? 0 : 1;
            roundOver = failedInRound >= settings.servers().size();
        }
        if (roundOver) {
            everyServerFailed = true;
            patience = allLate ? Wire.longer(patience, settings) : settings.timeout();
            failedInRound = 0;
            allLate = true;
        }
        boolean refused = Failures.refused(status);
        long delay = refused ? engine.around(REFUSED_DELAY) : was || roundOver ? backoff.next() : 0;
        boolean hopeless = refused || (roundOver && Failures.denied(status));
        failed(endpoint, Failures.explain(status, endpoint), hopeless, delay);
    }

    /** @param hopeless whether there is no point in waiting for an answer */
    private void failed(String endpoint, RollcallException why, boolean hopeless, long delayNanos) {
        problem = why;
        refusal = hopeless ? why : null;
        problems.put(endpoint, why);
        attemptIn(delayNanos);
        engine.tell(new Event.Disconnected(endpoint, why));
        if (hopeless) {
            questions.fail(why);
        }
        List.copyOf(listeners).forEach(Listener::disconnected);
    }

    /**
     * Asks something of etcd on behalf of a user's thread: waits for a connection, asks again on the next one when it is lost, and
     * fails when the time is over, with the reason why there was no answer. Only for what may be asked twice.
     */
    public <T> CompletableFuture<T> ask(String what, Duration atMost, BiConsumer<Connection, Reply<T>> how) {
        CompletableFuture<T> result = new CompletableFuture<>();
        engine.run(() -> {
            if (closed) {
                result.completeExceptionally(Questions.closed(what));
            } else if (refusal != null) {
                result.completeExceptionally(refusal);
            } else {
                questions.ask(result, what, atMost, how, connection);
            }
        });
        return result;
    }

    private UnavailableException late(String what) {
        String reason = problems.isEmpty()
                ? "etcd did not answer"
                : problems.values().stream()
                        .map(each -> String.valueOf(each.getMessage()))
                        .collect(Collectors.joining("; "));
        return new UnavailableException(what + reason, problem);
    }

    /** Ends the connection and stops trying. */
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Connection last = connection == null ? attempt : connection;
        attempt = null;
        connection = null;
        dns.drop();
        if (nextAttempt != null) {
            nextAttempt.cancel();
        }
        if (last != null) {
            last.close();
        }
        questions.close();
        List.copyOf(listeners).forEach(Listener::disconnected);
    }
}
