package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lease that many registrations share, so that all their keys go in one revision when this process dies: the present one as long
 * as it lives and has room, else one that is granted to all who ask at the time.
 */
final class SharedLease {
    private final Leases leases;
    private @Nullable Lease present;
    private List<Reply<Lease>> waiting = new ArrayList<>();

    SharedLease(Leases leases) {
        this.leases = leases;
    }

    void take(Connection on, Duration ttl, Reply<Lease> reply) {
        Lease lease = present;
        if (lease != null && lease.hasRoom()) {
            reply.answered(lease);
            return;
        }
        List<Reply<Lease>> asking = waiting;
        asking.add(reply);
        if (asking.size() > 1) {
            return;
        }
        leases.grant(on, ttl, new Reply<>() {
            @Override
            public void answered(Lease granted) {
                if (waiting == asking) { // else the connection is over, and so is their asking
                    waiting = new ArrayList<>();
                    present = granted;
                }
                asking.forEach(each -> each.answered(granted));
            }

            @Override
            public void failed(Status status) {
                waiting = waiting == asking ? new ArrayList<>() : waiting;
                asking.forEach(each -> each.failed(status));
            }
        });
    }

    /** Nobody waits any more: each registration begins anew. */
    void disconnected() {
        waiting = new ArrayList<>();
    }
}
