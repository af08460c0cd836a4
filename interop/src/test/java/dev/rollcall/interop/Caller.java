package dev.rollcall.interop;

import static org.awaitility.Awaitility.await;

import dev.rollcall.interop.Program.Line;
import dev.rollcall.interop.greeter.GreeterGrpc;
import dev.rollcall.interop.greeter.HelloRequest;
import dev.rollcall.rpc.ServiceChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Calls a service, one call after the other, until closed, and remembers who answered. */
final class Caller implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final int ENOUGH = 100;

    /** How one call ended: {@code server} answered, or, when that is empty, nobody did. */
    record Outcome(long nanos, String server, String failure) {}

    private final List<Outcome> outcomes = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "caller");
        thread.setDaemon(true);
        return thread;
    });

    private Caller(Supplier<Collection<Outcome>> turn) {
        var unused = timer.scheduleWithFixedDelay(
                () -> {
                    Collection<Outcome> fresh = turn.get();
                    synchronized (outcomes) {
                        outcomes.addAll(fresh);
                    }
                },
                0,
                PAUSE.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** A Go program with go-micro's defaults (selector, cache, pool), but without retries, so that each failure is seen. */
    static Caller go(Fleet fleet, Peer peer, String service) {
        Program program = fleet.go(
                peer, "call", service, "--repeat", "0", "--interval", PAUSE.toMillis() + "ms", "--retries", "0");
        return fleet.keep(new Caller(() -> program.drain().stream()
                .filter(line -> !line.event().equals("done"))
                .map(Caller::outcome)
                .toList()));
    }

    private static Outcome outcome(Line line) {
        return line.event().equals("reply")
                ? new Outcome(line.nanos(), line.object("reply").get("server").getAsString(), "")
                : new Outcome(line.nanos(), "", line.json().toString());
    }

    /** A channel with our defaults, in this process. */
    static Caller java(Fleet fleet, String service) {
        ServiceChannel channel = fleet.keep(ServiceChannel.open(fleet.rollcall(), service));
        GreeterGrpc.GreeterBlockingStub stub = GreeterGrpc.newBlockingStub(channel);
        return fleet.keep(new Caller(() -> {
            try {
                String server = stub.hello(HelloRequest.getDefaultInstance()).getServer();
                return List.of(new Outcome(System.nanoTime(), server, ""));
            } catch (StatusRuntimeException failed) {
                return List.of(new Outcome(System.nanoTime(), "", failed.toString()));
            }
        }));
    }

    List<Outcome> outcomes() {
        synchronized (outcomes) {
            return List.copyOf(outcomes);
        }
    }

    /** Waits until this server has answered a call after that time, and returns when it did. */
    long awaitAnswerOf(String server, long after) {
        await().atMost(Program.PATIENCE.multipliedBy(2))
                .until(() -> answer(server, after).isPresent());
        return answer(server, after).orElseThrow();
    }

    private Optional<Long> answer(String server, long after) {
        return outcomes().stream()
                .filter(outcome -> outcome.nanos > after && outcome.server.equals(server))
                .map(Outcome::nanos)
                .findFirst();
    }

    /** Waits until only this server has answered for a good while; nothing fails any more then either. */
    void awaitOnly(String server) {
        int from = outcomes().size();
        await().atMost(Program.PATIENCE.multipliedBy(3)).until(() -> {
            List<Outcome> all = outcomes();
            return all.size() - from >= ENOUGH
                    && all.subList(all.size() - ENOUGH, all.size()).stream()
                            .allMatch(outcome -> outcome.server.equals(server));
        });
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
