package dev.rollcall.etcd.internal.client;

import dev.rollcall.Event;
import dev.rollcall.EventListener;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The one context in which all of a registry's state lives: tasks run serially, in order, on whichever thread brings them, so that
 * nothing in the engine needs a lock and an event from the network is applied on the thread that read it. No foreign code runs here.
 */
public final class Engine {
    private final ScheduledExecutorService timers;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final EventListener events;
    private final SynchronizationContext context;
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private volatile Runnable afterBug = () -> {};

    /**
     * @param timers wakes the engine up; the owner shuts it down
     * @param nanos monotonic time
     * @param events told from within the engine, so it must return at once
     */
    public Engine(ScheduledExecutorService timers, LongSupplier nanos, RandomGenerator random, EventListener events) {
        this.timers = timers;
        this.nanos = nanos;
        this.random = random;
        this.events = events;
        List.of("calls", "calls.failed", "reconnects", "values.skipped")
                .forEach(name -> counters.put(name, new LongAdder()));
        this.context = new SynchronizationContext((thread, bug) -> bug(bug));
    }

    /** What to do after a task threw, which only a bug makes it do: start again from a known state. */
    public void afterBug(Runnable action) {
        afterBug = action;
    }

    private void bug(Throwable thrown) {
        count("bugs");
        tell(new Event.ListenerFailed("the etcd engine; it reconnects", thrown));
        context.executeLater(afterBug); // a task of its own, for it may have a bug too
    }

    /** Runs a task in the context: now if the context is free, else as soon as it is. */
    public void run(Runnable task) {
        context.execute(task);
    }

    /** {@link #run} as an executor. */
    public Executor executor() {
        return context;
    }

    /** Runs a task in the context after a delay, unless the handle is cancelled first. */
    public ScheduledHandle after(long delayNanos, Runnable task) {
        return context.schedule(task, Math.max(0, delayNanos), TimeUnit.NANOSECONDS, timers);
    }

    /** Monotonic nanoseconds; only differences mean anything. */
    public long now() {
        return nanos.getAsLong();
    }

    /** Evenly between zero and the duration: full jitter. */
    public long jitter(Duration upTo) {
        return random.nextLong(upTo.toNanos() + 1);
    }

    /** The duration changed by at most a fifth either way. */
    public long around(Duration duration) {
        return (long) (duration.toNanos() * random.nextDouble(0.8, 1.2));
    }

    public void tell(Event event) {
        events.on(event);
    }

    public void count(String counter) {
        counters.computeIfAbsent(counter, name -> new LongAdder()).increment();
    }

    /** All counters since the start, sorted by name. */
    public Map<String, Long> counters() {
        Map<String, Long> sums = new TreeMap<>();
        counters.forEach((name, adder) -> sums.put(name, adder.sum()));
        return sums;
    }
}
