package dev.rollcall.spi;

import dev.rollcall.Change;
import dev.rollcall.Event;
import dev.rollcall.EventListener;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The current snapshot of one service and everybody who listens to it. A registry publishes, one thread at a time; anybody may
 * subscribe. Each subscriber is called serially on the callbacks executor, never under a lock; one that is slow gets the changes it
 * missed as one, one that throws is reported, and neither delays the others or the registry.
 */
public final class ServiceFeed {
    private static final int MOST_PENDING = 20_000;

    private final Executor callbacks;
    private final EventListener events;
    private final Runnable unused;
    private final CopyOnWriteArrayList<Subscriber> subscribers = new CopyOnWriteArrayList<>();
    private final Object order = new Object();
    private volatile ServiceSnapshot current;
    private boolean over;

    /**
     * @param callbacks runs listeners; one that blocks keeps its thread
     * @param unused called once, when the last subscriber has gone; the feed takes no new subscriber then
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
            boolean first = current.freshness() == ServiceSnapshot.Freshness.COLD;
            current = snapshot;
            if (first || !changes.isEmpty()) {
                for (Subscriber subscriber : subscribers) {
                    subscriber.offer(snapshot, changes);
                }
            }
        }
    }

    /** A new subscription, or null when the feed is over; then ask for a new feed. */
    public @Nullable Subscription subscribe(SnapshotListener listener) {
        synchronized (order) {
            if (over) {
                return null;
            }
            Subscriber subscriber = new Subscriber(listener);
            subscribers.add(subscriber);
            ServiceSnapshot now = current;
            if (now.freshness() != ServiceSnapshot.Freshness.COLD) {
                subscriber.offer(now, joined(now));
            }
            return subscriber;
        }
    }

    /** Ends all subscriptions; the last snapshot stays readable. */
    public void close() {
        for (Subscriber subscriber : subscribers) {
            subscriber.close();
        }
    }

    private static List<Change> joined(ServiceSnapshot snapshot) {
        List<Change> changes = new ArrayList<>(snapshot.size());
        for (Instance instance : snapshot.instances()) {
            changes.add(new Change(Change.Kind.JOINED, instance));
        }
        return changes;
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
        private @Nullable ServiceSnapshot told;
        private boolean tooMany;
        private boolean running;
        private boolean closed;

        Subscriber(SnapshotListener listener) {
            this.listener = listener;
        }

        @Override
        public ServiceSnapshot snapshot() {
            return current;
        }

        @Override
        public void close() {
            synchronized (pending) {
                if (closed) {
                    return;
                }
                closed = true;
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
                    tooMany = pending.size() > MOST_PENDING && told != null;
                    if (tooMany) {
                        pending.clear();
                    }
                }
                if (running) {
                    return;
                }
                running = true;
            }
            callbacks.execute(this::deliver);
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

        private void deliver() {
            while (true) {
                ServiceSnapshot snapshot;
                List<Change> changes;
                synchronized (pending) {
                    ServiceSnapshot next = offered;
                    if (closed || next == null) {
                        running = false;
                        return;
                    }
                    ServiceSnapshot before = told;
                    snapshot = next;
                    changes = tooMany && before != null ? difference(before, next) : List.copyOf(pending.values());
                    pending.clear();
                    tooMany = false;
                    offered = null;
                    if (before != null && changes.isEmpty()) {
                        continue;
                    }
                    told = snapshot;
                }
                try {
                    listener.changed(snapshot, changes);
                } catch (RuntimeException | Error thrown) {
                    events.on(new Event.ListenerFailed("listener of " + snapshot.service(), thrown));
                }
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
            } else if (!was.equals(instance)) {
                changes.add(new Change(Change.Kind.UPDATED, instance));
            }
        }
        old.values().forEach(instance -> changes.add(new Change(Change.Kind.LEFT, instance)));
        return changes;
    }
}
