package dev.rollcall.etcd.internal.view;

import static java.util.concurrent.CompletableFuture.failedFuture;

import com.google.protobuf.ByteString;
import dev.rollcall.AccessDeniedException;
import dev.rollcall.EventListener;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import dev.rollcall.Text;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Watches;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.spi.ServiceFeed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/** Every service that somebody looks at, each followed once; and single reads. Any thread but where it says otherwise. */
public final class Views implements Client.Listener {
    /**
     * How to read.
     *
     * @param layouts to read; their instances are put together
     * @param hold how long instances stay that etcd lost in another history
     * @param hidden whether lists name services that a layout hides
     */
    public record Settings(List<Layout> layouts, int pageSize, Duration hold, Duration timeout, boolean hidden) {
        public Settings {
            layouts = List.copyOf(layouts);
        }
    }

    private record Followed(FollowedService service, List<Follower> followers) {}

    private final Engine engine;
    private final Client client;
    private final Watches watches;
    private final Settings settings;
    private final Executor callbacks;
    private final EventListener events;
    private final Map<String, ServiceFeed> feeds = new ConcurrentHashMap<>();
    private final Map<ServiceFeed, Followed> followed = new HashMap<>();
    private final Holds holds;
    private volatile boolean closed;

    public Views(
            Engine engine,
            Client client,
            Watches watches,
            Settings settings,
            Executor callbacks,
            EventListener events) {
        this.engine = engine;
        this.client = client;
        this.watches = watches;
        this.settings = settings;
        this.callbacks = callbacks;
        this.events = events;
        this.holds = new Holds(
                engine,
                settings.hold(),
                () -> followed.values().stream().map(Followed::service).toList());
    }

    /** A new subscription of a service, which is followed from the first subscriber to the last. */
    public Subscription watch(String service, SnapshotListener listener) {
        while (!closed) {
            ServiceFeed feed = feeds.get(service);
            if (feed == null) {
                feed = open(service);
            }
            Subscription subscription = feed.subscribe(listener);
            if (subscription != null) {
                return subscription;
            }
            feeds.remove(service, feed);
        }
        throw new IllegalStateException("this registry is closed");
    }

    private ServiceFeed open(String service) {
        // here, so that a layout that throws does so at the caller and not in the engine
        List<ByteString> prefixes = settings.layouts().stream()
                .map(layout -> ByteString.copyFromUtf8(layout.prefix(service)))
                .toList();
        ServiceFeed[] self = new ServiceFeed[1];
        ServiceFeed made = new ServiceFeed(service, callbacks, events, () -> {
            feeds.remove(service, self[0]);
            engine.run(() -> close(self[0]));
        });
        self[0] = made;
        ServiceFeed other = feeds.putIfAbsent(service, made);
        if (other != null) {
            return other;
        }
        engine.run(() -> follow(service, prefixes, made));
        return made;
    }

    private void follow(String service, List<ByteString> prefixes, ServiceFeed feed) {
        if (closed) {
            feed.close();
            return;
        }
        FollowedService one = new FollowedService(engine, service, holds, feed, prefixes.size() > 1);
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < prefixes.size(); i++) {
            Follower.Sink sink =
                    one.source(new Values(engine, settings.layouts().get(i)));
            ByteString prefix = prefixes.get(i);
            followers.add(new Follower(engine, client, watches, prefix, settings.pageSize(), sink));
        }
        followed.put(feed, new Followed(one, followers));
        client.problem().ifPresent(feed::problem);
        followers.forEach(Follower::start);
    }

    private void close(ServiceFeed feed) {
        Followed gone = followed.remove(feed);
        if (gone != null) {
            gone.followers().forEach(Follower::close);
        }
    }

    /** In the engine's context. */
    @Override
    public void connected(Connection made) {
        followers(follower -> follower.connected(made));
    }

    /** In the engine's context. */
    @Override
    public void degraded(Connection made) {
        followers(follower -> follower.degraded(made));
    }

    /** In the engine's context. */
    @Override
    public void disconnected() {
        followers(Follower::disconnected);
        client.problem().ifPresent(why -> followed.keySet().forEach(feed -> feed.problem(why)));
    }

    private void followers(Consumer<Follower> action) {
        List.copyOf(followed.values()).forEach(each -> each.followers().forEach(action));
    }

    /** Ends everything that is followed; in the engine's context. */
    public void close() {
        closed = true;
        for (ServiceFeed feed : List.copyOf(followed.keySet())) {
            close(feed); // first, so that the end of the connection does not make the last snapshot a stale one
            feed.close();
        }
    }

    /** One read of a service. */
    public CompletableFuture<ServiceSnapshot> lookup(String service) {
        String what = "lookup of " + Text.quote(service);
        return readAll(what, layout -> layout.prefix(service)).thenApply(read -> {
            Pool pool = new Pool(service, settings.layouts().size() > 1);
            read.found.forEach(found -> {
                if (found.instance().service().equals(service)) {
                    var unused = pool.put(found.layout(), found.key(), found.instance());
                }
            });
            return pool.snapshot(read.revision);
        });
    }

    /** One read of the names of all services. */
    public CompletableFuture<Set<String>> services() {
        return readAll("list of services", Layout::prefix).thenApply(read -> {
            Set<String> names = new TreeSet<>();
            read.found.forEach(found -> names.add(found.instance().service()));
            if (!settings.hidden()) {
                settings.layouts().forEach(layout -> names.removeIf(layout::hidden));
            }
            return names;
        });
    }

    private CompletableFuture<Read> readAll(String what, Function<Layout, String> prefix) {
        CompletableFuture<Read> all = CompletableFuture.completedFuture(new Read());
        for (Layout layout : settings.layouts()) {
            ByteString from = ByteString.copyFromUtf8(prefix.apply(layout));
            all = all.thenCombineAsync(
                    client.<Pages.Listing>ask(
                                    what,
                                    settings.timeout(),
                                    (on, reply) ->
                                            Pages.read(on, from, settings.pageSize(), Pages.Level.LINEARIZABLE, reply))
                            .exceptionallyCompose(why -> failedFuture(from.isEmpty() ? ofAllKeys(layout, why) : why)),
                    (read, listing) -> read.add(layout, listing),
                    callbacks); // a long list must not keep the engine from its leases
        }
        return all;
    }

    /** Where there is no prefix in common a list of services reads all of etcd, which few users may. */
    private static Throwable ofAllKeys(Layout layout, Throwable why) {
        return why instanceof AccessDeniedException
                ? new AccessDeniedException(
                        why.getMessage() + " (expected: a role that reads all keys, since those of layout "
                                + layout.name() + " have no prefix in common; or one set, such as prefix=/services/)",
                        why)
                : why;
    }

    private record Found(Layout layout, String key, Instance instance) {}

    /** What several lists hold together. */
    private final class Read {
        private final List<Found> found = new ArrayList<>();
        private long revision;

        Read add(Layout layout, Pages.Listing listing) {
            revision = Math.max(revision, listing.revision());
            Values values = new Values(engine, layout);
            for (KeyValue kv : listing.all()) {
                String key = Values.key(kv);
                Instance instance = values.read(key, kv);
                if (instance != null) {
                    found.add(new Found(layout, key, instance));
                }
            }
            return this;
        }
    }
}
