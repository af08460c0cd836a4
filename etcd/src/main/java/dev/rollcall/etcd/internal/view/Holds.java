package dev.rollcall.etcd.internal.view;

import dev.rollcall.Address;
import dev.rollcall.etcd.internal.client.Engine;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Goes through the instances that stay although another history lost them, as long as there are any: those whose time is over go,
 * and those whose address another instance has now, of whichever service.
 */
final class Holds {
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final Engine engine;
    private final Duration atMost;
    private final Supplier<Collection<FollowedService>> services;
    private boolean reviewing;

    Holds(Engine engine, Duration atMost, Supplier<Collection<FollowedService>> services) {
        this.engine = engine;
        this.atMost = atMost;
        this.services = services;
    }

    /** For how long an instance may stay; zero when none may. */
    long nanos() {
        return atMost.toNanos();
    }

    /** There is an instance to go through. */
    void begun() {
        if (!reviewing) {
            reviewing = true;
            long period = Math.min(nanos(), PERIOD.toNanos());
            engine.after(period, () -> review(period));
        }
    }

    /** A period counts as that long however late it ends: while this process was stopped nobody could come back. */
    private void review(long period) {
        Collection<FollowedService> all = services.get();
        Set<Address> inUse = new HashSet<>();
        all.forEach(service -> service.addressesInUse(inUse));
        all.forEach(service -> service.review(period, inUse));
        reviewing = false;
        if (all.stream().anyMatch(FollowedService::holds)) {
            begun();
        }
    }
}
