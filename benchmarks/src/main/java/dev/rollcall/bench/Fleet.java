package dev.rollcall.bench;

import dev.rollcall.Change;
import dev.rollcall.EventListener;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.spi.Roster;
import dev.rollcall.spi.ServiceFeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A service of many instances, kept as a registry keeps one. */
final class Fleet {
    static final String SERVICE = "hello.srv.say";

    final Roster roster = new Roster(SERVICE);
    final ServiceFeed feed = new ServiceFeed(SERVICE, Runnable::run, EventListener.NONE, () -> {});

    Fleet(int size) {
        List<Change> joined = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            joined.add(roster.put(key(i), instance(i)).orElseThrow());
        }
        feed.publish(roster.snapshot(1), joined);
    }

    static String key(int i) {
        return String.format("/micro/registry/%s/%06d", SERVICE, i);
    }

    /** Weights go from 1 to 100. */
    static Instance instance(int i) {
        return Instance.of(SERVICE, "10.0." + (i >> 8 & 255) + "." + (i & 255), 8080)
                .withId(SERVICE + "-" + i)
                .withMetadata("broker", "http")
                .withMetadata("protocol", "grpc")
                .withMetadata("registry", "etcd")
                .withMetadata("server", "grpc")
                .withMetadata("transport", "grpc")
                .withMetadata("zone", "a")
                .withMetadata("weight", Integer.toString(1 + i * 37 % 100));
    }

    /** What a registry does with one event: one step in the roster, one snapshot, one publication. */
    ServiceSnapshot change(String key, Instance changed, long revision) {
        Optional<Change> change = roster.put(key, changed);
        ServiceSnapshot snapshot = roster.snapshot(revision);
        feed.publish(snapshot, change.stream().toList());
        return snapshot;
    }
}
