package dev.rollcall.spi;

import dev.rollcall.Change;
import dev.rollcall.Event;
import dev.rollcall.EventListener;
import dev.rollcall.Instance;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import dev.rollcall.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The current snapshot of one service and everybody who listens to it. A registry publishes, one thread at a time; anybody may
 * subscribe. Each subscriber is called serially on the callbacks executor, never under a lock; one that is slow gets the changes it
 * missed as one, one that throws is reported, and neither delays the others or the registry.
 */
public final class ServiceFeed {
    private static final int MOST_PENDING = 10_000;

    private final Executor callbacks;
    private final EventListener events;
    private final Runnable unused;
    private final CopyOnWriteArrayList<Subscriber> subscribers = new CopyOnWriteArrayList<>();
    private final Object order = new Object();
    private final CountDownLatch first = new CountDownLatch(1);
    private volatile ServiceSnapshot current;
    private volatile @Nullable RollcallException problem;
    private boolean over;

    /**
     * @param callbacks runs listeners; one that blocks keeps its thread
     * @param unused called once, when the last subscriber has gone or the feed was closed; the feed takes no new subscriber then
     */
    public ServiceFeed(String service, Executor callbacks, EventListener events, Runnable unused) {
        this.callbacks = callbacks;
        this.events = events;
        this.unused = unused;
        this.current = ServiceSnapshot.cold(service);
    }

    /** The last published snapshot; COLD before the first. */
    public ServiceSnapshot current() {
        return current;
    }

    /** Makes the snapshot current, and tells the listeners if there are changes, or if it is the first. */
    public void publish(ServiceSnapshot snapshot, List<Change> changes) {
        synchronized (order) {
            boolean cold = current.freshness() == ServiceSnapshot.Freshness.COLD;
            current = snapshot;
            if (snapshot.freshness() == ServiceSnapshot.Freshness.LIVE) {
                problem = null;
            }
            if (cold) {
                first.countDown();
            } else if (changes.isEmpty()) {
                return;
            }
            for (Subscriber subscriber : subscribers) {
                subscriber.offer(snapshot, changes);
            }
        }
        subscribers.forEach(Subscriber::start);
    }

    /** Says why no current snapshot can be had, until the next LIVE one is published. */
    public void problem(RollcallException why) {
        problem = why;
    }

    /** A new subscription, or null when the feed is over; then ask for a new feed. */
    public @Nullable Subscription subscribe(SnapshotListener listener) {
        Subscriber subscriber = new Subscriber(listener);
        synchronized (order) {
            if (over) {
                return null;
            }
            subscribers.add(subscriber);
            if (current.freshness() != ServiceSnapshot.Freshness.COLD) {
                subscriber.offer(current, List.of());
            }
        }
        subscriber.start();
        return subscriber;
    }

    /** Ends all subscriptions; the last snapshot stays readable. Idempotent. */
    public void close() {
        boolean now;
        synchronized (order) {
            now = !over;
            over = true;
        }
        first.countDown();
        subscribers.forEach(Subscriber::close);
        if (now) {
            unused.run();
        }
    }

    private void left(Subscriber subscriber) {
        boolean last;
        synchronized (order) {
            last = subscribers.remove(subscriber) && subscribers.isEmpty() && !over;
            over |= last;
        }
        if (last) {
            unused.run();
        }
    }

    private final class Subscriber implements Subscription {
        private final SnapshotListener listener;
        private final Map<String, Change> pending = new LinkedHashMap<>();
        private @Nullable ServiceSnapshot offered;
        private boolean tooMany = true;
        private boolean running;
        private boolean closed;
        /** What the listener knows; only the running delivery touches it. */
        private ServiceSnapshot told = ServiceSnapshot.cold(current.service());

        Subscriber(SnapshotListener listener) {
            this.listener = listener;
        }

        @Override
        public ServiceSnapshot snapshot() {
            return current;
        }

        @Override
        public boolean await(Duration atMost) {
            try {
                first.await(TimeUnit.NANOSECONDS.convert(atMost), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return current.freshness() != ServiceSnapshot.Freshness.COLD;
        }

        @Override
        public Optional<RollcallException> problem() {
            return Optional.ofNullable(problem);
        }

        @Override
        public void close() {
            synchronized (pending) {
                if (closed) {
                    return;
                }
                closed = true;
                offered = null;
                pending.clear();
            }
            left(this);
        }

        private void offer(ServiceSnapshot snapshot, List<Change> changes) {
            if (listener == SnapshotListener.NONE) {
                return;
            }
            synchronized (pending) {
                if (closed) {
                    return;
                }
                offered = snapshot;
                if (!tooMany) {
                    changes.forEach(change -> pending.merge(change.instance().id(), change, Subscriber::join));
                    tooMany = pending.size() > MOST_PENDING;
                }
                if (tooMany) {
                    pending.clear();
                }
            }
        }

        /** What two steps of one instance are as one; null when they undo each other. */
        private static @Nullable Change join(Change first, Change second) {
            if (first.kind() == Change.Kind.JOINED) {
                return second.kind().gone() ? null : new Change(Change.Kind.JOINED, second.instance());
            }
            return first.kind().gone() && !second.kind().gone()
                    ? new Change(Change.Kind.UPDATED, second.instance())
                    : second;
        }

        private void start() {
            synchronized (pending) {
                if (running || offered == null) {
                    return;
                }
                running = true;
            }
            try {
                callbacks.execute(this::deliver);
            } catch (RejectedExecutionException e) {
                // Whoever owns the executor has shut it down: nobody is to be told anything any more.
                close();
            }
        }

        private void deliver() {
            while (true) {
                ServiceSnapshot snapshot;
                List<Change> changes;
                boolean compare;
                synchronized (pending) {
                    ServiceSnapshot next = offered;
                    if (next == null) {
                        running = false;
                        return;
                    }
                    snapshot = next;
                    changes = List.copyOf(pending.values());
                    compare = tooMany;
                    offered = null;
                    tooMany = false;
                    pending.clear();
                }
                tell(snapshot, compare ? difference(told, snapshot) : changes);
            }
        }

        private void tell(ServiceSnapshot snapshot, List<Change> changes) {
            if (changes.isEmpty() && told.freshness() != ServiceSnapshot.Freshness.COLD) {
                return;
            }
            told = snapshot;
            synchronized (pending) {
                if (closed) {
                    return;
                }
            }
            try {
                listener.changed(snapshot, changes);
            } catch (RuntimeException | Error thrown) {
                events.on(new Event.ListenerFailed("listener of " + Text.quote(snapshot.service()), thrown));
            }
        }
    }

    private static List<Change> difference(ServiceSnapshot before, ServiceSnapshot after) {
        Map<String, Instance> old = new LinkedHashMap<>();
        before.instances().forEach(instance -> old.put(instance.id(), instance));
        List<Change> changes = new ArrayList<>();
        for (Instance instance : after.instances()) {
            Instance was = old.remove(instance.id());
            if (was == null) {
                changes.add(new Change(Change.Kind.JOINED, instance));
            } else if (!was.equals(instance) || before.suspect(was) != after.suspect(instance)) {
                changes.add(new Change(Change.Kind.UPDATED, instance));
            }
        }
        old.values().forEach(instance -> changes.add(new Change(Change.Kind.LEFT, instance)));
        return changes;
    }
}
