package dev.rollcall.etcd.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.testing.Ports;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An etcd in this process that tells the truth until a test tells it not to: for the faults no real etcd makes on demand.
 *
 * <p>Without scripts it answers as etcd 3.4 does, in memory; {@code ScriptedEtcdTest} compares the two. No time passes in it: a
 * lease ends by {@link #expireLease} only. Any thread may use it; all its state is under one lock. Methods of calls are named as in
 * gRPC: {@code Range}, {@code Txn}, {@code LeaseGrant}, {@code Watch}.
 *
 * <pre>{@code
 * try (ScriptedEtcd etcd = ScriptedEtcd.launch()) {
 *     etcd.next("Txn", CallScript.applyThenFail(Status.UNAVAILABLE));
 *     etcd.nextWatch(WatchScript.createdThenEnd(Status.OK));
 *     etcd.onKeepAlive(KeepAliveScript.silence());
 * }
 * }</pre>
 */
public final class ScriptedEtcd implements AutoCloseable {
    /** One request as it came, and what its headers said. */
    public record Received(String method, Message request, long nanoTime, String token, boolean requireLeader) {}

    private final int port = Ports.free();
    private final Map<String, Queue<CallScript>> scripts = new HashMap<>();
    private final Map<String, CallScript> standing = new HashMap<>();
    private final Queue<WatchScript> watchScripts = new ArrayDeque<>();
    private final List<Received> received = new ArrayList<>();
    private final List<WatchStream> watchStreams = new ArrayList<>();
    private final List<KeepAliveStream> keepAliveStreams = new ArrayList<>();
    private final EtcdUsers users = new EtcdUsers();
    private EtcdLeases leases = new EtcdLeases(this::deliver);
    private KeepAliveScript keepAlive = KeepAliveScript.asUsual();
    private Function<WatchResponse, List<WatchResponse>> shape = List::of;
    private boolean holdsEvents;
    private @Nullable Server server;

    private ScriptedEtcd() {}

    /** Starts one on a free port. */
    public static ScriptedEtcd launch() {
        for (int tries = 1; ; tries++) {
            ScriptedEtcd etcd = new ScriptedEtcd();
            try {
                etcd.start();
                return etcd;
            } catch (UncheckedIOException taken) {
                if (tries == 5) { // nothing reserves a free port until it is bound
                    throw taken;
                }
            }
        }
    }

    /** Where clients connect, {@code 127.0.0.1:port}. */
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    /** Listens again after {@link #stop()}, with the same keys and leases. */
    public void start() {
        try {
            NettyServerBuilder builder = NettyServerBuilder.forAddress(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .directExecutor()
                    .maxInboundMessageSize(64 << 20);
            new EtcdServices(this)
                    .all()
                    .forEach(service ->
                            builder.addService(ServerInterceptors.intercept(service, EtcdUsers.readHeaders())));
            server = builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(endpoint() + ": " + e.getMessage(), e);
        }
    }

    /** Ends all streams and connections and refuses new ones. */
    public void stop() {
        Server running = server;
        server = null;
        if (running != null) {
            endWatches(Status.UNAVAILABLE);
            endKeepAlives(Status.UNAVAILABLE);
            try {
                // At once would say CANCELLED to the streams, which a dead etcd never does; calls left without an
                // answer get it.
                if (!running.shutdown().awaitTermination(200, TimeUnit.MILLISECONDS)) {
                    running.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        stop();
    }

    // What an operator does.

    /** Writes a key without a lease; returns the new revision. */
    public long put(String key, String value) {
        return put(key, value, 0);
    }

    /** Writes a key under a lease; returns the new revision. */
    public long put(String key, String value, long lease) {
        PutRequest request = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .setLease(lease)
                .build();
        return locked(() -> model().put(request).getHeader().getRevision());
    }

    /** Deletes a key; returns the revision after. */
    public long delete(String key) {
        DeleteRangeRequest request = DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .build();
        return locked(() -> model().delete(request).getHeader().getRevision());
    }

    /** The key as it is now. */
    public Optional<KeyValue> get(String key) {
        RangeRequest request =
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
        return locked(() -> model().range(request).getKvsList().stream().findFirst());
    }

    /** The newest revision. */
    public long revision() {
        return locked(() -> model().revision());
    }

    /** Forgets everything before a revision. */
    public void compact(long revision) {
        locked(() -> model().compact(
                        CompactionRequest.newBuilder().setRevision(revision).build()));
    }

    /** The living leases. */
    public Set<Long> leaseIds() {
        return locked(() -> leases.ids());
    }

    /** Grants a lease to somebody else; returns its id. */
    public long grantLease(Duration ttl) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttl.toSeconds()).build();
        return locked(() -> leases.grant(request).getID());
    }

    /** Lets a lease end, with its keys. */
    public void expireLease(long id) {
        locked(() -> leases.expire(id));
    }

    /** Lets a lease end whose keys stay for a while, as when a leader has ended it and not yet deleted them. */
    public void forgetLease(long id) {
        locked(() -> leases.forget(id));
    }

    /** The id of the next lease whose id the client leaves open, which may be negative. */
    public void nextLeaseId(long id) {
        locked(() -> leases.next(id));
    }

    /** The TTL in seconds that the next lease is said to have, whatever was asked for. */
    public void nextGrantedTtl(long seconds) {
        locked(() -> leases.nextGrantedTtl(seconds));
    }

    /** Begins another history at revision 1, without keys and leases, and ends all streams as a restart would. */
    public void wipe() {
        locked(() -> leases = new EtcdLeases(this::deliver));
        endWatches(Status.UNAVAILABLE);
        endKeepAlives(Status.UNAVAILABLE);
    }

    /** From the first user on, every call needs a token from {@code Authenticate}. */
    public void addUser(String name, String password) {
        locked(() -> users.add(name, password));
    }

    /** Makes all tokens invalid. */
    public void forgetTokens() {
        locked(users::forgetTokens);
    }

    // What goes wrong.

    /** What happens to the next call of a method that has no script yet; scripts of one method queue up. */
    public void next(String method, CallScript script) {
        locked(() -> {
            scripts.computeIfAbsent(method, any -> new ArrayDeque<>()).add(script);
        });
    }

    /** What happens to every call of a method that {@link #next} says nothing of, until told otherwise. */
    public void always(String method, CallScript script) {
        locked(() -> {
            standing.put(method, script);
        });
    }

    /** What happens to the next watch created that has no script yet. */
    public void nextWatch(WatchScript script) {
        locked(() -> {
            watchScripts.add(script);
        });
    }

    /** How keepalives are answered until told otherwise. */
    public void onKeepAlive(KeepAliveScript script) {
        locked(() -> {
            keepAlive = script;
        });
    }

    /** Turns each answer with events into other ones until told otherwise: fragments, duplicates, none. */
    public void shapeEvents(Function<WatchResponse, List<WatchResponse>> changed) {
        locked(() -> {
            shape = changed;
        });
    }

    /** Keeps events back; {@link #releaseEvents} sends them in one answer per watch, however many revisions they are. */
    public void holdEvents() {
        locked(() -> {
            holdsEvents = true;
        });
    }

    /** Ends {@link #holdEvents}. */
    public void releaseEvents() {
        locked(() -> {
            holdsEvents = false;
            deliver();
        });
    }

    /** The open watch streams, oldest first. */
    public List<WatchStream> watchStreams() {
        return locked(() -> List.copyOf(watchStreams));
    }

    /** Ends all watch streams, with {@code OK} as well. */
    public void endWatches(Status status) {
        watchStreams().forEach(stream -> stream.end(status));
    }

    /** Ends all keepalive streams, with {@code OK} as well. */
    public void endKeepAlives(Status status) {
        locked(() -> List.copyOf(keepAliveStreams)).forEach(stream -> stream.end(status));
    }

    /** Every request of a method so far, in order of arrival. */
    public List<Received> received(String method) {
        return locked(() ->
                received.stream().filter(one -> one.method().equals(method)).toList());
    }

    // For the services.

    synchronized <T> T locked(Supplier<T> work) {
        return work.get();
    }

    synchronized void locked(Runnable work) {
        work.run();
    }

    EtcdModel model() {
        return leases.model();
    }

    EtcdLeases leases() {
        return leases;
    }

    EtcdUsers users() {
        return users;
    }

    /** Why a caller may not read, if so. */
    Optional<Status> refusal(EtcdUsers.Caller caller) {
        try {
            users.check(caller);
            return Optional.empty();
        } catch (StatusRuntimeException e) {
            return Optional.of(e.getStatus());
        }
    }

    boolean holdsEvents() {
        return holdsEvents;
    }

    List<WatchResponse> shape(WatchResponse response) {
        return shape.apply(response);
    }

    void record(String method, Message request) {
        EtcdUsers.Caller caller = EtcdUsers.CALLER.get();
        received.add(new Received(method, request, System.nanoTime(), caller.token(), caller.requireLeader()));
    }

    void unary(String method, CallScript.Call call) {
        CallScript script = locked(() -> {
            record(method, call.request());
            return Optional.ofNullable(scripts.get(method))
                    .map(Queue::poll)
                    .orElse(standing.getOrDefault(method, CallScript.asUsual()));
        });
        script.run(call);
    }

    WatchScript nextWatchScript() {
        return Optional.ofNullable(watchScripts.poll()).orElse(WatchScript.asUsual());
    }

    StreamObserver<WatchRequest> watchStream(StreamObserver<WatchResponse> out, EtcdUsers.Caller caller) {
        return locked(() -> {
            WatchStream stream = new WatchStream(this, out, caller);
            watchStreams.add(stream);
            return stream;
        });
    }

    void forget(WatchStream stream) {
        watchStreams.remove(stream);
    }

    StreamObserver<LeaseKeepAliveRequest> keepAliveStream(StreamObserver<LeaseKeepAliveResponse> out) {
        return locked(() -> {
            KeepAliveStream stream = new KeepAliveStream(this, out);
            keepAliveStreams.add(stream);
            return stream;
        });
    }

    Optional<LeaseKeepAliveResponse> keepAlive(LeaseKeepAliveRequest request) {
        return keepAlive.answer(request, leases.keepAlive(request));
    }

    void forget(KeepAliveStream stream) {
        keepAliveStreams.remove(stream);
    }

    private void deliver() {
        List.copyOf(watchStreams).forEach(WatchStream::catchUp);
    }
}
