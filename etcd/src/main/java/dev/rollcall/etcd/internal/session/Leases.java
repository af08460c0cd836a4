package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All leases of this process, kept alive on one stream; a stream is serial on the server, so from 500 leases on they are spread over
 * up to eight. After a reconnect every lease is asked for at once: etcd gives a lease that lives its full TTL back.
 */
final class Leases implements Client.Listener {
    private static final int STREAMS = 8;
    private static final int PER_STREAM = 500;

    private final Engine engine;
    private final Map<Long, Lease> leases = new HashMap<>();
    private final @Nullable StreamObserver<LeaseKeepAliveRequest>[] streams;
    private @Nullable Connection connection;
    private int granted;

    @SuppressWarnings({"unchecked", "rawtypes"})
    Leases(Engine engine) {
        this.engine = engine;
        this.streams = new StreamObserver[STREAMS];
    }

    /** Grants a lease; what counts is the TTL that etcd grants. */
    void grant(Connection on, Duration ttl, Lease.Listener listener, Reply<Lease> reply) {
        long sentAt = engine.now();
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttl.toSeconds()).build();
        on.call(LeaseGrpc.getLeaseGrantMethod(), request, new Reply<LeaseGrantResponse>() {
            @Override
            public void answered(LeaseGrantResponse answer) {
                Duration given = Duration.ofSeconds(Math.min(answer.getTTL(), Integer.MAX_VALUE));
                int slot = granted++ / PER_STREAM % STREAMS;
                Lease lease = new Lease(engine, Leases.this, answer.getID(), given, slot, sentAt, listener);
                leases.put(lease.id, lease);
                engine.count("leases.granted");
                reply.answered(lease);
            }

            @Override
            public void failed(Status status) {
                reply.failed(status);
            }
        });
    }

    @Override
    public void connected(Connection made) {
        connection = made;
        // the oldest first: they have the least time left
        leases.values().stream()
                .sorted((a, b) -> Long.compare(b.silence(), a.silence()))
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
        StreamObserver<LeaseKeepAliveRequest> stream = streams[lease.slot];
        if (stream == null) {
            stream = open(on, lease.slot);
            streams[lease.slot] = stream;
        }
        stream.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease.id).build());
        engine.count("keepalives");
        return true;
    }

    void remove(Lease lease) {
        leases.remove(lease.id);
    }

    private StreamObserver<LeaseKeepAliveRequest> open(Connection on, int slot) {
        return on.stream(LeaseGrpc.getLeaseKeepAliveMethod(), new StreamObserver<LeaseKeepAliveResponse>() {
            @Override
            public void onNext(LeaseKeepAliveResponse answer) {
                Lease lease = leases.get(answer.getID());
                if (connection == on && lease != null) {
                    lease.answered(answer.getTTL());
                }
            }

            @Override
            public void onError(Throwable thrown) {
                if (connection == on && streams[slot] != null) {
                    reopen(on, slot, Status.fromThrowable(thrown));
                }
            }

            @Override
            public void onCompleted() {}
        });
    }

    /** The stream ended but the server did not: ask again for those whose question was lost, soon but not in a tight loop. */
    private void reopen(Connection on, int slot, Status status) {
        lost(slot);
        Runnable again = () -> {
            if (connection == on) {
                pingAll(slot);
            }
        };
        if (Failures.staleToken(status)) {
            on.renewToken(failure -> again.run());
        } else {
            engine.after(engine.around(Duration.ofMillis(200)), again);
        }
    }

    private void pingAll(int slot) {
        List.copyOf(leases.values()).stream()
                .filter(lease -> lease.slot == slot)
                .forEach(Lease::ping);
    }

    private void lost(int slot) {
        streams[slot] = null;
        leases.values().stream().filter(lease -> lease.slot == slot).forEach(Lease::streamLost);
    }
}
