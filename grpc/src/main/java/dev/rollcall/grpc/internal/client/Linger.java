package dev.rollcall.grpc.internal.client;

import dev.rollcall.Discovery;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Keeps the views that channels have left alive for a minute, so that a channel that was idle finds its list current and costs
 * the registry nothing. Nobody finds anything through this: it only delays an end. Safe for use by many threads.
 */
final class Linger {
    static final Duration TIME = Duration.ofMinutes(1);
    static final int MOST = 1000;

    static final Linger JVM = new Linger(
            System::nanoTime,
            (task, delay) -> CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS)
                    .execute(task));

    /** Of one source; by identity, since neither Rollcalls nor registries are equal to one another. */
    private record View(Discovery source, String service) {}

    private record Kept(Subscription subscription, long since) {}

    private final ConcurrentHashMap<View, Kept> kept = new ConcurrentHashMap<>();
    private final LongSupplier nanos;
    private final BiConsumer<Runnable, Duration> later;

    Linger(LongSupplier nanos, BiConsumer<Runnable, Duration> later) {
        this.nanos = nanos;
        this.later = later;
    }

    /** To be called before the last subscription is closed: as long as there is one, another costs nothing. */
    void keep(Discovery source, String service) {
        if (kept.size() >= MOST) {
            return;
        }
        Subscription subscription;
        try {
            subscription = source.watch(service, SnapshotListener.NONE);
        } catch (IllegalStateException closed) {
            return;
        }
        View view = new View(source, service);
        Kept before = kept.put(view, new Kept(subscription, nanos.getAsLong()));
        if (before == null) {
            later.accept(() -> expire(view), TIME);
        } else {
            before.subscription.close();
        }
    }

    /** There is one timer per view: it waits on when the view was taken up again. */
    private void expire(View view) {
        Kept current = kept.get(view);
        if (current == null) {
            return;
        }
        long left = TIME.toNanos() - (nanos.getAsLong() - current.since);
        if (left <= 0 && kept.remove(view, current)) {
            current.subscription.close();
        } else {
            later.accept(() -> expire(view), left > 0 ? Duration.ofNanos(left) : TIME);
        }
    }
}
