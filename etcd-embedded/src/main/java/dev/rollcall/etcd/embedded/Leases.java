package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The living leases. An expired one lives, and takes keys, until it is revoked, as in etcd. Not thread-safe. */
final class Leases {
    /** As of an etcd with its default heartbeat and election: 1.5 times 1 s, in whole seconds. */
    static final long SMALLEST_SECONDS = 2;

    static final long LARGEST_SECONDS = 9_000_000_000L;

    private final Map<Long, Lease> leases = new HashMap<>();
    private final LongSupplier nanoTime;
    private long advanced;

    /** Takes the clock as {@link System#nanoTime()} gives it. */
    Leases(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Lets all leases grow older at once. */
    void advance(long nanos) {
        advanced += nanos;
    }

    long now() {
        return nanoTime.getAsLong() + advanced;
    }

    @Nullable
    Lease find(long id) {
        return leases.get(id);
    }

    /** Like {@link #find}, but throws {@link RefusedException} when there is none. */
    Lease get(long id) {
        Lease lease = leases.get(id);
        if (lease == null) {
            throw new RefusedException(Refusal.LEASE_NOT_FOUND);
        }
        return lease;
    }

    Lease grant(long id, long seconds) {
        if (seconds > LARGEST_SECONDS) {
            throw new RefusedException(Refusal.LEASE_TTL_TOO_LARGE);
        }
        if (leases.containsKey(id)) {
            throw new RefusedException(Refusal.LEASE_EXISTS);
        }
        Lease lease = new Lease(id, Math.max(seconds, SMALLEST_SECONDS), now());
        leases.put(id, lease);
        return lease;
    }

    void remove(long id) {
        leases.remove(id);
    }

    /** Hangs a key on another lease; 0 is none. */
    void move(ByteString key, long from, long to) {
        if (from == to) {
            return;
        }
        Lease old = leases.get(from);
        if (old != null) {
            old.keys().remove(key);
        }
        Lease lease = leases.get(to);
        if (lease != null) {
            lease.keys().add(key);
        }
    }

    /** All of them, those that end first first. */
    List<Lease> all() {
        List<Lease> all = new ArrayList<>(leases.values());
        all.sort(Comparator.comparingLong((Lease lease) -> lease.end() - now()).thenComparingLong(Lease::id));
        return all;
    }

    /** Those that should be revoked, those that ended first first. */
    List<Long> expired() {
        long now = now();
        return all().stream().filter(lease -> lease.expired(now)).map(Lease::id).toList();
    }

    /** Gives all their full time back, as after a restart. */
    void renewAll() {
        leases.values().forEach(lease -> lease.renew(now()));
    }
}
