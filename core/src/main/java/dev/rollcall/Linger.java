package dev.rollcall;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Keeps the last closed subscription of each service open for a while, so that who comes back soon, a gRPC channel that was idle
 * for one, finds the list still current and costs the registry nothing. Safe for use by many threads.
 */
final class Linger {
    static final Duration TIME = Duration.ofMinutes(1);
    static final int MOST_SERVICES = 1000;

    private record Kept(Subscription subscription, long since) {}

    private final ConcurrentHashMap<String, Kept> kept = new ConcurrentHashMap<>();
    private final LongSupplier nanos;
    private final BiConsumer<Runnable, Duration> later;
    private volatile boolean over;

    Linger() {
        this(
                System::nanoTime,
                (task, delay) -> CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS)
                        .execute(task));
    }

    Linger(LongSupplier nanos, BiConsumer<Runnable, Duration> later) {
        this.nanos = nanos;
        this.later = later;
    }

    /** Takes an open subscription over, and closes the one it has of the same service. */
    void keep(Subscription subscription) {
        if (over || kept.size() >= MOST_SERVICES) {
            subscription.close();
            return;
        }
        String service = subscription.snapshot().service();
        Kept before = kept.put(service, new Kept(subscription, nanos.getAsLong()));
        if (before == null) {
            later.accept(() -> expire(service), TIME);
        } else {
            before.subscription.close();
        }
        if (over) {
            close();
        }
    }

    /** There is one timer per service: it waits on when the subscription is a younger one. */
    private void expire(String service) {
        Kept current = kept.get(service);
        if (current == null) {
            return;
        }
        long left = TIME.toNanos() - (nanos.getAsLong() - current.since);
        if (left <= 0 && kept.remove(service, current)) {
            current.subscription.close();
        } else {
            later.accept(() -> expire(service), left > 0 ? Duration.ofNanos(left) : TIME);
        }
    }

    /** Closes what it has, and whatever comes later at once. */
    void close() {
        over = true;
        for (String service : kept.keySet()) {
            Kept gone = kept.remove(service);
            if (gone != null) {
                gone.subscription.close();
            }
        }
    }
}
