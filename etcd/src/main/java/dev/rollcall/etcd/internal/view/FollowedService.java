package dev.rollcall.etcd.internal.view;

import com.google.protobuf.ByteString;
import dev.rollcall.Change;
import dev.rollcall.Event.HistoryChanged;
import dev.rollcall.Event.ValueSkipped;
import dev.rollcall.Event.ViewChanged;
import dev.rollcall.Instance;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.UnreadableValueException;
import dev.rollcall.spi.Roster;
import dev.rollcall.spi.ServiceFeed;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One service as seen through all layouts that are read: a follower for each prefix, one roster for all, one feed to those who look.
 * A prefix on its own changes atomically, revision by revision; several prefixes have no common order.
 */
final class FollowedService {
    private final Engine engine;
    private final String service;
    private final Duration hold;
    private final ServiceFeed feed;
    private final Roster roster;
    private final List<Source> sources = new ArrayList<>();
    private final Map<String, ScheduledHandle> held = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private boolean dirty;

    FollowedService(Engine engine, String service, Duration hold, ServiceFeed feed) {
        this.engine = engine;
        this.service = service;
        this.hold = hold;
        this.feed = feed;
        this.roster = new Roster(service);
    }

    ServiceFeed feed() {
        return feed;
    }

    /** A sink for the follower of one more prefix. */
    Source source(Layout layout) {
        Source source = new Source(layout);
        sources.add(source);
        return source;
    }

    void close() {
        held.values().forEach(ScheduledHandle::cancel);
        feed.close();
    }

    private void note(Optional<Change> change) {
        change.ifPresent(one -> {
            changes.add(one);
            dirty = true;
        });
    }

    private void publish(long revision) {
        boolean allListed = sources.stream().allMatch(source -> source.listed);
        if (!allListed) {
            return;
        }
        boolean first = feed.current().freshness() == Freshness.COLD;
        if (dirty || first) {
            ServiceSnapshot snapshot = roster.snapshot(revision);
            boolean live = sources.stream().allMatch(source -> source.live);
            feed.publish(live || first ? snapshot : snapshot.stale(engine.now()), List.copyOf(changes));
        }
        changes.clear();
        dirty = false;
    }

    /** After another history an instance that is missing may only not have come back yet. */
    private void holdBack(String key) {
        if (held.containsKey(key)) {
            return;
        }
        dirty |= roster.suspect(key);
        held.put(key, engine.after(hold.toNanos(), () -> {
            held.remove(key);
            note(roster.remove(key, false));
            publish(feed.current().revision());
        }));
    }

    private void release(String key) {
        ScheduledHandle handle = held.remove(key);
        if (handle != null) {
            handle.cancel();
        }
    }

    /** A held instance whose address is another's now is not coming back. */
    private void releaseAddressOf(String key, Instance instance) {
        for (String other : List.copyOf(held.keySet())) {
            Instance suspect = roster.find(other);
            if (!other.equals(key) && suspect != null && suspect.address().equals(instance.address())) {
                release(other);
                note(roster.remove(other, false));
            }
        }
    }

    /** What one prefix says of the service. */
    final class Source implements Follower.Sink {
        private final Layout layout;
        private final Set<String> present = new HashSet<>();
        private boolean listed;
        private boolean live;

        Source(Layout layout) {
            this.layout = layout;
        }

        @Override
        public void listed(List<KeyValue> all, long revision, Follower.Continuity continuity) {
            listed = true;
            Set<String> missing = new HashSet<>(present);
            for (KeyValue kv : all) {
                String key = kv.getKey().toStringUtf8();
                missing.remove(key);
                put(key, kv);
            }
            if (continuity == Follower.Continuity.OTHER) {
                engine.count("histories");
                engine.tell(new HistoryChanged(
                        service, "at revision " + revision + " etcd does not hold what it held before"));
                missing.forEach(FollowedService.this::holdBack);
            } else {
                missing.forEach(key -> note(roster.remove(key, false)));
            }
            present.removeAll(missing);
        }

        @Override
        public void changed(long revision, List<Event> events) {
            for (Event event : events) {
                KeyValue kv = event.getKv();
                String key = kv.getKey().toStringUtf8();
                if (event.getType() == Event.EventType.DELETE) {
                    drop(key);
                } else {
                    put(key, kv);
                }
            }
        }

        private void drop(String key) {
            release(key);
            present.remove(key);
            note(roster.remove(key, true));
        }

        private void put(String key, KeyValue kv) {
            Instance instance;
            try {
                instance = layout.decode(key, bytes(kv.getValue()));
            } catch (UnreadableValueException e) {
                engine.count("values.skipped");
                engine.tell(new ValueSkipped(key, String.valueOf(e.getMessage())));
                dirty |= roster.suspect(key); // what it was before is not gone, but no longer vouched for
                return;
            }
            if (!instance.service().equals(service)) {
                drop(key); // another service whose name looks the same as a key
                return;
            }
            release(key);
            present.add(key);
            if (!held.isEmpty()) {
                releaseAddressOf(key, instance);
            }
            note(roster.put(key, instance));
        }

        private byte[] bytes(ByteString value) {
            return value.toByteArray();
        }

        @Override
        public void applied(long revision) {
            publish(revision);
        }

        @Override
        public void stale() {
            if (live) {
                live = false;
                feed.publish(feed.current().stale(engine.now()), List.of());
                engine.tell(new ViewChanged(service, Freshness.STALE));
            }
        }

        @Override
        public void live(long revision) {
            if (!live) {
                live = true;
                if (sources.stream().allMatch(source -> source.live)) {
                    feed.publish(feed.current().live(revision), List.of());
                    engine.tell(new ViewChanged(service, Freshness.LIVE));
                }
            }
        }

        @Override
        public void troubled(RollcallException why) {
            feed.problem(why);
        }
    }
}
