package dev.rollcall.etcd.internal.client;

import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Finds the addresses of a host, anew each time it is asked, so that a change in DNS is followed. When DNS does not answer, or knows
 * the host no more, the addresses it gave last are used: an outage often takes DNS with it. In the engine's context.
 */
final class Addresses {
    /** All addresses of a host; may block. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    private final Engine engine;
    private final Lookup lookup;
    private final Executor threads;
    private final Map<String, List<InetAddress>> known = new HashMap<>();
    private final Set<String> underway = new HashSet<>();
    private @Nullable Question waiting;

    /** Asks the system, each time on a thread of its own, since the system may take its time. */
    Addresses(Engine engine) {
        this(engine, InetAddress::getAllByName, task -> {
            Thread thread = new Thread(task, "rollcall-dns");
            thread.setDaemon(true);
            thread.start();
        });
    }

    Addresses(Engine engine, Lookup lookup, Executor threads) {
        this.engine = engine;
        this.lookup = lookup;
        this.threads = threads;
    }

    /** Asks for the addresses of a host, of which there is at least one; a question that is still open is dropped. */
    void of(String host, Duration atMost, Reply<List<InetAddress>> reply) {
        drop();
        ScheduledHandle timeout = engine.after(
                atMost.toNanos(), () -> answered(host, null, "DNS gave no answer in " + atMost.toMillis() + " ms"));
        waiting = new Question(host, timeout, reply);
        // one at a time: threads that hang in a slow DNS must not pile up
        if (underway.add(host)) {
            threads.execute(() -> look(host));
        }
    }

    void drop() {
        if (waiting != null) {
            waiting.timeout.cancel();
            waiting = null;
        }
    }

    private void look(String host) {
        List<InetAddress> found;
        try {
            found = List.of(lookup.all(host));
        } catch (UnknownHostException | RuntimeException none) {
            found = List.of();
        }
        List<InetAddress> all = found;
        engine.run(() -> {
            underway.remove(host);
            if (!all.isEmpty()) {
                known.put(host, all);
            }
            answered(host, all, "DNS does not know this host");
        });
    }

    private void answered(String host, @Nullable List<InetAddress> found, String otherwise) {
        Question question = waiting;
        if (question == null || !question.host.equals(host)) {
            return;
        }
        drop();
        List<InetAddress> usable = found == null || found.isEmpty() ? known.get(host) : found;
        if (usable == null) {
            question.reply.failed(Status.UNAVAILABLE.withDescription(otherwise));
        } else {
            question.reply.answered(usable);
        }
    }

    private record Question(String host, ScheduledHandle timeout, Reply<List<InetAddress>> reply) {}
}
