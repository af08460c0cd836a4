package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.internal.client.Backoff;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All leases of this process, kept alive on one stream; a stream is serial on the server, so from 500 leases on they are spread over
 * up to eight. After a reconnect every lease is asked for at once: etcd gives a lease that lives its full TTL back.
 */
final class Leases implements Client.Listener {
    private static final int STREAMS = 8;
    private static final int PER_STREAM = 500;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final Backoff backoff;
    private final Map<Long, Lease> leases = new HashMap<>();
    private final int[] load = new int[STREAMS];
    private final @Nullable Stream[] streams = new @Nullable Stream[STREAMS];
    private @Nullable Connection connection;

    Leases(Engine engine) {
        this.engine = engine;
        this.backoff = new Backoff(engine, LONGEST_PAUSE);
    }

    /** Grants a lease, which is kept alive from the first {@link Lease#join} on; what counts is the TTL that etcd grants. */
    void grant(Connection on, Duration ttl, Reply<Lease> reply) {
        long sentAt = engine.now();
        long seconds = ttl.plusNanos(999_999_999).toSeconds();
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(seconds).build();
        on.call(LeaseGrpc.getLeaseGrantMethod(), request, new Reply<LeaseGrantResponse>() {
            @Override
            public void answered(LeaseGrantResponse answer) {
                Duration granted = Duration.ofSeconds(Math.max(1, Math.min(answer.getTTL(), Integer.MAX_VALUE)));
                engine.count("leases.granted");
                reply.answered(new Lease(engine, Leases.this, answer.getID(), granted, sentAt));
            }

            @Override
            public void failed(Status status) {
                reply.failed(status);
            }
        });
    }

    /** The first with room, so that few leases need but one stream; when there is none, the one with the fewest leases. */
    private int slot() {
        int least = 0;
        for (int slot = 0; slot < STREAMS; slot++) {
            if (load[slot] < PER_STREAM) {
                return slot;
            }
            least = load[slot] < load[least] ? slot : least;
        }
        return least;
    }

    /** Keeps a lease alive from now on; answers on which stream. */
    int add(Lease lease) {
        int slot = slot();
        leases.put(lease.id, lease);
        load[slot]++;
        return slot;
    }

    void remove(Lease lease) {
        if (leases.remove(lease.id, lease)) {
            load[lease.slot()]--;
        }
    }

    @Override
    public void connected(Connection made) {
        connection = made;
        backoff.reset();
        // the oldest first: they have the least time left
        leases.values().stream()
                .sorted(Comparator.comparingLong(Lease::silence).reversed())
                .toList()
                .forEach(Lease::ping);
    }

    @Override
    public void disconnected() {
        connection = null;
        for (int slot = 0; slot < STREAMS; slot++) {
            lost(slot);
        }
    }

    /** Sends one keepalive; answers whether there was a connection to send it on. */
    boolean send(Lease lease) {
        Connection on = connection;
        if (on == null) {
            return false;
        }
        Stream stream = streams[lease.slot()];
        if (stream == null) {
            stream = new Stream(on, lease.slot());
            streams[lease.slot()] = stream;
        }
        stream.requests.onNext(
                LeaseKeepAliveRequest.newBuilder().setID(lease.id).build());
        engine.count("keepalives");
        return true;
    }

    /** Gives up on a stream that no longer answers: only one lease may be at fault, but all behind it wait. */
    void renewStream(int slot) {
        Stream silent = streams[slot];
        lost(slot);
        if (silent != null) {
            silent.requests.onError(Status.CANCELLED.asRuntimeException());
        }
        pingAll(slot);
    }

    private void pingAll(int slot) {
        leases.values().stream().filter(lease -> lease.slot() == slot).toList().forEach(Lease::ping);
    }

    private void lost(int slot) {
        streams[slot] = null;
        leases.values().stream().filter(lease -> lease.slot() == slot).forEach(Lease::streamLost);
    }

    private final class Stream implements StreamObserver<LeaseKeepAliveResponse> {
        private final Connection on;
        private final int slot;
        private final StreamObserver<LeaseKeepAliveRequest> requests;

        Stream(Connection on, int slot) {
            this.on = on;
            this.slot = slot;
            this.requests = on.stream(LeaseGrpc.getLeaseKeepAliveMethod(), this);
        }

        @Override
        public void onNext(LeaseKeepAliveResponse answer) {
            if (streams[slot] != this) {
                return;
            }
            Lease lease = leases.get(answer.getID());
            if (lease != null) {
                lease.answered(answer.getTTL());
            }
        }

        /** The stream ended but the server did not: ask again for those whose question was lost, soon but not in a tight loop. */
        @Override
        public void onError(Throwable thrown) {
            if (streams[slot] != this) {
                return;
            }
            lost(slot);
            Runnable again = () -> {
                if (connection == on) {
                    pingAll(slot);
                }
            };
            if (Failures.staleToken(Status.fromThrowable(thrown))) {
                on.renewToken(failure -> again.run());
            } else {
                engine.after(backoff.next(), again);
            }
        }

        @Override
        public void onCompleted() {}
    }
}
