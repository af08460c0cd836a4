package dev.rollcall.etcd.internal.view;

import dev.rollcall.Address;
import dev.rollcall.Change;
import dev.rollcall.Event.HistoryChanged;
import dev.rollcall.Event.ViewChanged;
import dev.rollcall.Instance;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.spi.ServiceFeed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One service as seen through all layouts that are read: a follower for each prefix, one pool for all, one feed to those who look.
 * A prefix on its own changes atomically, revision by revision; several prefixes have no common order.
 */
final class FollowedService {
    private final Engine engine;
    private final String service;
    private final Holds holds;
    private final ServiceFeed feed;
    private final Pool pool;
    private final List<Source> sources = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private @Nullable Long staleSince;
    private boolean dirty;

    /** @param merging whether several layouts are read */
    FollowedService(Engine engine, String service, Holds holds, ServiceFeed feed, boolean merging) {
        this.engine = engine;
        this.service = service;
        this.holds = holds;
        this.feed = feed;
        this.pool = new Pool(service, merging);
    }

    /** A sink for the follower of one more prefix. */
    Source source(Values values) {
        Source source = new Source(values);
        sources.add(source);
        return source;
    }

    /** Whether it shows instances that etcd does not hold. */
    boolean holds() {
        return sources.stream().anyMatch(source -> !source.held.isEmpty());
    }

    /** Adds the addresses of all instances that etcd holds. */
    void addressesInUse(Set<Address> inUse) {
        ServiceSnapshot snapshot = feed.current();
        for (Instance instance : snapshot.instances()) {
            if (!snapshot.suspect(instance)) {
                inUse.add(instance.address());
            }
        }
    }

    /** Lets go of held instances whose address is in use elsewhere, or whose time is over. */
    void review(long elapsedNanos, Set<Address> inUse) {
        if (holds()) {
            sources.forEach(source -> source.review(elapsedNanos, inUse));
            show();
        }
    }

    private void note(Optional<Change> change) {
        change.ifPresent(one -> {
            changes.add(one);
            dirty = true;
        });
    }

    private void suspect(String key) {
        note(pool.suspect(key));
    }

    /** Shows the present state to those who look, and tells them what has changed; nothing before every prefix was listed. */
    private void show() {
        boolean live = true;
        long revision = 0;
        for (Source source : sources) {
            if (!source.listed) {
                return;
            }
            live &= source.live;
            revision = Math.max(revision, source.revision);
        }
        ServiceSnapshot before = feed.current();
        if (live) {
            staleSince = null;
        } else if (staleSince == null) {
            staleSince = engine.now();
        }
        Long since = staleSince;
        Freshness now = live ? Freshness.LIVE : Freshness.STALE;
        if (dirty || now != before.freshness() || revision != before.revision()) {
            ServiceSnapshot snapshot = pool.snapshot(revision);
            feed.publish(since == null ? snapshot : snapshot.stale(since), List.copyOf(changes));
            changes.clear();
            dirty = false;
        }
        if (now != before.freshness()) {
            engine.tell(new ViewChanged(service, now));
        }
    }

    /** What one prefix says of the service. */
    final class Source implements Follower.Sink {
        private final Values values;
        /** Instances that another history lost, by key, and for how many nanoseconds more they stay. */
        private final Map<String, Long> held = new HashMap<>();

        private boolean listed;
        private boolean live;
        private long revision;

        Source(Values values) {
            this.values = values;
        }

        @Override
        public void put(String key, KeyValue kv) {
            Instance instance = values.read(key, kv);
            if (instance == null) {
                suspect(key); // what it was before is not gone, but no longer vouched for
            } else if (!instance.service().equals(service)) {
                deleted(key); // another service whose name looks the same as a key
            } else {
                held.remove(key);
                note(pool.put(values.layout(), key, instance));
            }
        }

        @Override
        public void deleted(String key) {
            held.remove(key);
            note(pool.remove(key, true));
        }

        @Override
        public void listed(Set<String> gone, Follower.Continuity continuity) {
            listed = true;
            boolean other = continuity == Follower.Continuity.OTHER;
            if (other) {
                engine.count("histories");
                engine.tell(new HistoryChanged(service, "etcd does not hold what it held at revision " + revision));
            }
            if (other && holds.nanos() > 0) {
                gone.forEach(this::hold);
            } else {
                gone.forEach(key -> note(pool.remove(key, false)));
            }
        }

        /** After another history an instance that is missing may only not have come back yet. */
        private void hold(String key) {
            if (pool.find(key) != null) {
                suspect(key);
                held.put(key, holds.nanos());
                holds.begun();
            }
        }

        /** The time that etcd is away does not count: nobody can come back then. */
        private void review(long elapsedNanos, Set<Address> inUse) {
            long elapsed = live ? elapsedNanos : 0;
            held.replaceAll((key, left) -> left - elapsed);
            held.entrySet().removeIf(entry -> {
                Instance instance = pool.find(entry.getKey());
                boolean over = instance == null || entry.getValue() <= 0 || inUse.contains(instance.address());
                if (over) {
                    note(pool.remove(entry.getKey(), false));
                }
                return over;
            });
        }

        @Override
        public void applied(long atRevision) {
            revision = atRevision;
            show();
        }

        @Override
        public void stale() {
            live = false;
            show();
        }

        @Override
        public void live(long atRevision) {
            live = true;
            applied(atRevision);
        }

        @Override
        public void troubled(RollcallException why) {
            feed.problem(why);
        }
    }
}
