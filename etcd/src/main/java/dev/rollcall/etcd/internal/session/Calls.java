package dev.rollcall.etcd.internal.session;

import dev.rollcall.Instance;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What one registration asks of etcd, in its turn and one call at a time; when it is not its turn, nothing is asked. */
final class Calls {
    private final Session session;
    private final Pacer pacer;
    private final Puts puts;
    private final Consumer<Status> failed;

    /** @param failed hears why a call had no good answer */
    Calls(Session session, Pacer pacer, Puts puts, Consumer<Status> failed) {
        this.session = session;
        this.pacer = pacer;
        this.puts = puts;
        this.failed = failed;
    }

    void grant(Connection on, Instance instance, Consumer<Lease> granted) {
        if (pacer.begin()) {
            session.grant(on, instance, pacer.reply(on, granted, failed));
        }
    }

    /**
     * @param made asked for the transaction when it is sent
     * @param uncertain run when it failed: it may have been carried out all the same
     */
    void transact(Connection on, Supplier<TxnRequest> made, Consumer<TxnResponse> answered, Runnable uncertain) {
        if (pacer.begin()) {
            TxnRequest txn = made.get();
            puts.sent(txn);
            Consumer<TxnResponse> got = answer -> {
                puts.answered();
                answered.accept(answer);
            };
            session.transactions().send(on, txn, pacer.reply(on, got, status -> {
                puts.unanswered();
                uncertain.run();
                failed.accept(status);
            }));
        }
    }

    /** Asks whether a lease lives that is not ours. */
    void ask(Connection on, long lease, Consumer<LeaseTimeToLiveResponse> answered) {
        if (pacer.begin()) {
            LeaseTimeToLiveRequest request =
                    LeaseTimeToLiveRequest.newBuilder().setID(lease).build();
            on.call(LeaseGrpc.getLeaseTimeToLiveMethod(), request, pacer.reply(on, answered, failed));
        }
    }

    /** Ends a lease, which also stops a put that is still on its way; should that fail, it ends by itself within its TTL. */
    void revoke(Connection on, long lease, Runnable begun, Runnable over) {
        if (pacer.begin()) {
            begun.run();
            LeaseRevokeRequest request =
                    LeaseRevokeRequest.newBuilder().setID(lease).build();
            on.call(LeaseGrpc.getLeaseRevokeMethod(), request, new Reply<LeaseRevokeResponse>() {
                @Override
                public void answered(LeaseRevokeResponse answer) {
                    over.run();
                }

                @Override
                public void failed(Status status) {
                    over.run();
                }
            });
        }
    }
}
