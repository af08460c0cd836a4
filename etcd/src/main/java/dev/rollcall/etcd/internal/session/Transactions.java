package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Failures;
import dev.rollcall.etcd.internal.client.Reply;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Carries the registrations' transactions to etcd. Where readers bear it that several keys change in one revision, those of one moment
 * go as one, so that a reader who reads everything again at each change does so once. All conditions stay: when one of them fails,
 * nothing of it is written, and each registration is told what its own keys hold, and judges for itself.
 */
final class Transactions {
    /** etcd's {@code --max-txn-ops}, of conditions and of either branch. */
    static final int MOST_OPERATIONS = 128;
    /** Two thirds of etcd's {@code --max-request-bytes}. */
    private static final int MOST_BYTES = 1 << 20;
    /** As long as the next one comes so soon it is waited for, */
    private static final Duration SOON = Duration.ofMillis(10);
    /** but no longer than this. */
    private static final Duration LONGEST = Duration.ofMillis(100);

    private final Engine engine;
    private final boolean together;
    private Batch gathered = new Batch();
    private @Nullable ScheduledHandle timer;
    private long since;

    /** @param together whether several may go as one */
    Transactions(Engine engine, boolean together) {
        this.engine = engine;
        this.together = together;
    }

    void send(Connection on, TxnRequest txn, Reply<TxnResponse> reply) {
        if (!together) {
            on.call(KVGrpc.getTxnMethod(), txn, reply);
            return;
        }
        if (!gathered.hasRoomFor(txn)) {
            flush(on);
        }
        if (gathered.parts.isEmpty()) {
            since = engine.now();
        }
        gathered.add(txn, reply);
        if (gathered.full()) {
            flush(on);
        } else {
            cancel();
            long left = since + LONGEST.toNanos() - engine.now();
            timer = engine.after(Math.min(SOON.toNanos(), left), () -> flush(on));
        }
    }

    /** What was not sent yet is nobody's any more: each registration begins anew. */
    void disconnected() {
        cancel();
        gathered = new Batch();
    }

    private void flush(Connection on) {
        cancel();
        Batch batch = gathered;
        gathered = new Batch();
        on.call(KVGrpc.getTxnMethod(), batch.txn.build(), batch.reply(on));
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel();
        }
    }

    /** One of several transactions, and where its answers are in the one that they became. */
    private record Part(TxnRequest txn, Reply<TxnResponse> reply, int success, int failure) {
        /** What it would have been told alone. */
        void answered(TxnResponse answer) {
            int from = answer.getSucceeded() ? success : failure;
            int count = answer.getSucceeded() ? txn.getSuccessCount() : txn.getFailureCount();
            int end = Math.min(from + count, answer.getResponsesCount());
            reply.answered(TxnResponse.newBuilder()
                    .setHeader(answer.getHeader())
                    .setSucceeded(answer.getSucceeded())
                    .addAllResponses(answer.getResponsesList().subList(from, end))
                    .build());
        }
    }

    private static final class Batch {
        final List<Part> parts = new ArrayList<>();
        final TxnRequest.Builder txn = TxnRequest.newBuilder();
        private final Map<ByteString, RequestOp> writes = new HashMap<>();
        private final Set<Long> leases = new HashSet<>();
        private int bytes;

        boolean hasRoomFor(TxnRequest next) {
            return parts.isEmpty()
                    || (txn.getCompareCount() + next.getCompareCount() <= MOST_OPERATIONS
                            && txn.getSuccessCount() + next.getSuccessCount() <= MOST_OPERATIONS
                            && txn.getFailureCount() + next.getFailureCount() <= MOST_OPERATIONS
                            && bytes + next.getSerializedSize() <= MOST_BYTES
                            && next.getSuccessList().stream().noneMatch(this::contradicts));
        }

        boolean full() {
            return txn.getSuccessCount() >= MOST_OPERATIONS;
        }

        /** etcd takes each key once. */
        private boolean contradicts(RequestOp op) {
            RequestOp other = writes.get(key(op));
            return other != null && !other.equals(op);
        }

        void add(TxnRequest next, Reply<TxnResponse> reply) {
            parts.add(new Part(next, reply, txn.getSuccessCount(), txn.getFailureCount()));
            bytes += next.getSerializedSize();
            txn.addAllCompare(next.getCompareList()).addAllFailure(next.getFailureList());
            for (RequestOp op : next.getSuccessList()) {
                if (op.hasRequestPut()) {
                    leases.add(op.getRequestPut().getLease());
                }
                if (op.hasRequestRange() || writes.put(key(op), op) == null) {
                    txn.addSuccess(op); // else a key that several share, and that is put once
                }
            }
        }

        private static ByteString key(RequestOp op) {
            return op.hasRequestPut()
                    ? op.getRequestPut().getKey()
                    : op.getRequestDeleteRange().getKey();
        }

        Reply<TxnResponse> reply(Connection on) {
            return new Reply<>() {
                @Override
                public void answered(TxnResponse answer) {
                    parts.forEach(part -> part.answered(answer));
                }

                @Override
                public void failed(Status status) {
                    boolean allTheSame = Failures.leaseNotFound(status) && leases.size() <= 1;
                    boolean alone = parts.size() > 1 && refused(status) && !allTheSame;
                    for (Part part : parts) {
                        if (alone) {
                            on.call(KVGrpc.getTxnMethod(), part.txn(), part.reply());
                        } else {
                            part.reply().failed(status);
                        }
                    }
                }
            };
        }

        /** Nothing was done, and perhaps for what is wrong with one of them only. */
        private static boolean refused(Status status) {
            return switch (status.getCode()) {
                case INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED -> true;
                default -> false;
            };
        }
    }
}
