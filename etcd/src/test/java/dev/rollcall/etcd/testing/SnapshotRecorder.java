package dev.rollcall.etcd.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.rollcall.Change;
import dev.rollcall.Discovery;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Everything a service's view ever showed: each snapshot its listener was told of, and what a look once a millisecond saw. Any thread
 * may use it.
 *
 * <pre>{@code
 * try (SnapshotRecorder seen = SnapshotRecorder.of(rollcall, "hello.srv.say")) {
 *     seen.awaitInstance(id);
 *     // an outage
 *     seen.assertNeverLost(id);
 * }
 * }</pre>
 */
public final class SnapshotRecorder implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(Long.getLong("rollcall.test.patience", 20));

    private final Subscription subscription;
    private final Thread poller;
    private final List<ServiceSnapshot> told = new ArrayList<>();
    private final List<ServiceSnapshot> polled = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final AtomicLong polls = new AtomicLong();
    private volatile boolean closed;

    private SnapshotRecorder(Discovery discovery, String service) {
        subscription = discovery.watch(service, this::told);
        poller = new Thread(this::poll, "snapshot-recorder");
        poller.setDaemon(true);
        poller.start();
    }

    /** Records what {@code discovery}, for instance a Rollcall, shows of a service from now on. */
    public static SnapshotRecorder of(Discovery discovery, String service) {
        return new SnapshotRecorder(discovery, service);
    }

    /** What is shown now. */
    public ServiceSnapshot current() {
        return subscription.snapshot();
    }

    /** What the listener was told, in order. */
    public List<ServiceSnapshot> told() {
        synchronized (told) {
            return List.copyOf(told);
        }
    }

    /** What the looks saw, in order, each snapshot once. */
    public List<ServiceSnapshot> polled() {
        synchronized (polled) {
            return List.copyOf(polled);
        }
    }

    /** All changes the listener was told, in order. */
    public List<Change> changes() {
        synchronized (told) {
            return List.copyOf(changes);
        }
    }

    /** Waits until a condition holds of the current snapshot. */
    public SnapshotRecorder await(Predicate<ServiceSnapshot> condition) {
        return await(condition, PATIENCE);
    }

    /** Waits until a condition holds of the current snapshot. */
    public SnapshotRecorder await(Predicate<ServiceSnapshot> condition, Duration atMost) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .pollDelay(Duration.ZERO)
                .atMost(atMost)
                .until(subscription::snapshot, condition);
        return this;
    }

    /** Waits until the instance is there, the listener was told of it, and a look has seen it. */
    public SnapshotRecorder awaitInstance(String id) {
        await(snapshot -> holds(snapshot, id) && told().stream().anyMatch(one -> holds(one, id)));
        awaitLook();
        return this;
    }

    /** Waits until exactly so many instances are there. */
    public SnapshotRecorder awaitSize(int size) {
        return await(snapshot -> snapshot.size() == size);
    }

    /** Fails unless the instance was seen, and seen in every snapshot after the first one that had it. */
    public void assertNeverLost(String id) {
        awaitLook();
        assertHeld("told", told(), id);
        assertHeld("polled", polled(), id);
        assertThat(changes())
                .as("changes of %s", id)
                .noneMatch(change ->
                        change.instance().id().equals(id) && change.kind().gone());
    }

    /** Fails if any snapshot was empty after one that was not. */
    public void assertNeverEmpty() {
        awaitLook();
        for (List<ServiceSnapshot> shown : List.of(told(), polled())) {
            assertThat(shown.stream()
                            .dropWhile(snapshot -> snapshot.size() == 0)
                            .filter(snapshot -> snapshot.size() == 0))
                    .as("empty snapshots after a full one")
                    .isEmpty();
        }
    }

    /** What is shown now has been looked at once this returns. */
    private void awaitLook() {
        long from = polls.get();
        await(snapshot -> polls.get() > from + 1);
    }

    private static void assertHeld(String how, List<ServiceSnapshot> shown, String id) {
        boolean seen = false;
        int at = 0;
        for (ServiceSnapshot snapshot : shown) {
            at++;
            boolean there = holds(snapshot, id);
            if (seen && !there) {
                fail(
                        "%s lost in snapshot %d of %d %s ones: %s with %s",
                        id, at, shown.size(), how, snapshot, ids(snapshot));
            }
            seen |= there;
        }
        if (!seen) {
            fail("%s was in none of %d %s snapshots (expected: in all from some one on)", id, shown.size(), how);
        }
    }

    private static boolean holds(ServiceSnapshot snapshot, String id) {
        return snapshot.instances().stream().anyMatch(instance -> instance.id().equals(id));
    }

    private static List<String> ids(ServiceSnapshot snapshot) {
        return snapshot.instances().stream().map(Instance::id).limit(20).toList();
    }

    private void told(ServiceSnapshot snapshot, List<Change> what) {
        synchronized (told) {
            told.add(snapshot);
            changes.addAll(what);
        }
    }

    private void poll() {
        @Nullable ServiceSnapshot last = null;
        while (!closed) {
            ServiceSnapshot now = subscription.snapshot();
            if (now != last) {
                synchronized (polled) {
                    polled.add(now);
                }
                last = now;
            }
            polls.incrementAndGet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Ends the subscription and the looks; what was recorded stays. */
    @Override
    public void close() {
        closed = true;
        subscription.close();
        LockSupport.unpark(poller);
    }
}
