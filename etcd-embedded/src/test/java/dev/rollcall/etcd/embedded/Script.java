package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareResult;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortOrder;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random requests from a seed: few keys, so that they meet, and every option there is. Eleven keys at most: above that the real one
 * no longer sorts equals in a fixed order.
 */
final class Script {
    private static final List<ByteString> KEYS = List.of(
            Peer.bytes("a"),
            Peer.bytes("a/1"),
            Peer.bytes("a/2"),
            Peer.bytes("a/22"),
            Peer.bytes("b"),
            Peer.bytes("b/1"),
            Peer.bytes("c"),
            ByteString.copyFrom(new byte[] {0}),
            ByteString.copyFrom(new byte[] {(byte) 0xff, 'x'}),
            Peer.bytes("é"));
    private static final List<ByteString> ENDS =
            List.of(Peer.bytes("a0"), Peer.bytes("b"), Peer.bytes("c"), Peer.bytes("zzz"), Peer.bytes("\0"));
    private static final List<ByteString> VALUES =
            List.of(ByteString.EMPTY, Peer.bytes("1"), Peer.bytes("2"), Peer.bytes("10"), Peer.bytes("ä"));

    private final SplittableRandom random;

    Script(long seed) {
        random = new SplittableRandom(seed);
    }

    /** The next request, made for a server at a revision that has compacted up to another one. */
    Message next(long revision, long compacted) {
        int dice = random.nextInt(1000);
        if (dice < 250) {
            return put(true).build();
        } else if (dice < 350) {
            return delete(true).build();
        } else if (dice < 600) {
            return range(revision, compacted).build();
        } else if (dice < 850) {
            return txn(revision, compacted, 0).build();
        } else if (dice < 895) {
            return LeaseGrantRequest.newBuilder()
                    .setID(lease(false))
                    .setTTL(oneIn(50) ? 9_000_000_001L : random.nextLong(20_000, 30_000))
                    .build();
        } else if (dice < 930) {
            return LeaseRevokeRequest.newBuilder().setID(lease(false)).build();
        } else if (dice < 965) {
            return LeaseTimeToLiveRequest.newBuilder()
                    .setID(lease(false))
                    .setKeys(random.nextBoolean())
                    .build();
        } else if (dice < 980) {
            return LeaseLeasesRequest.getDefaultInstance();
        }
        return compaction(revision, compacted);
    }

    /** A compaction, at times of what is forgotten already or still to come. */
    CompactionRequest compaction(long revision, long compacted) {
        long target = switch (random.nextInt(4)) {
            case 0 -> revision + random.nextInt(3);
            case 1 -> compacted - random.nextInt(2);
            default -> compacted + (revision - Math.max(1, compacted)) / 2;
        };
        return CompactionRequest.newBuilder()
                .setRevision(target)
                .setPhysical(random.nextBoolean())
                .build();
    }

    /** A watcher that starts anywhere from the compacted revision to a little in the future. */
    WatchCreateRequest watch(long revision, long compacted) {
        WatchCreateRequest.Builder watch = WatchCreateRequest.newBuilder()
                .setKey(key())
                .setPrevKv(random.nextBoolean())
                .setFragment(random.nextBoolean());
        if (oneIn(3)) {
            watch.addFilters(random.nextBoolean() ? FilterType.NOPUT : FilterType.NODELETE);
        }
        if (random.nextBoolean()) {
            ByteString end = end();
            if ((end.size() == 1 && end.byteAt(0) == 0)
                    || ByteString.unsignedLexicographicalComparator().compare(watch.getKey(), end) < 0) {
                watch.setRangeEnd(end);
            }
        }
        if (random.nextInt(4) > 0) {
            watch.setStartRevision(Math.max(1, past(revision, compacted) + random.nextInt(2)));
        }
        return watch.build();
    }

    private PutRequest.Builder put(boolean alone) {
        PutRequest.Builder put = PutRequest.newBuilder().setKey(key()).setPrevKv(random.nextBoolean());
        if (oneIn(60)) {
            put.clearKey();
        }
        if (random.nextInt(3) > 0) {
            put.setValue(value());
        }
        if (oneIn(3)) {
            put.setLease(lease(true));
        }
        if (alone || oneIn(4)) {
            if (oneIn(6)) {
                put.setIgnoreValue(true);
            }
            if (oneIn(6)) {
                put.setIgnoreLease(true);
            }
        }
        return put;
    }

    private DeleteRangeRequest.Builder delete(boolean alone) {
        DeleteRangeRequest.Builder delete =
                DeleteRangeRequest.newBuilder().setKey(key()).setPrevKv(random.nextBoolean());
        if (oneIn(60)) {
            delete.clearKey();
        }
        if (oneIn(3)) {
            ByteString end = end();
            // a transaction that deletes to the end and puts is let through by the real one, and may end it
            if (alone || end.size() > 1) {
                delete.setRangeEnd(end);
            }
        }
        return delete;
    }

    private RangeRequest.Builder range(long revision, long compacted) {
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(key());
        if (oneIn(60)) {
            range.clearKey();
        }
        if (random.nextInt(4) > 0) {
            range.setRangeEnd(end());
        }
        if (random.nextBoolean()) {
            range.setLimit(random.nextInt(-1, 6));
        }
        if (oneIn(4)) {
            range.setRevision(past(revision, compacted));
        }
        if (random.nextBoolean()) {
            range.setSortOrder(SortOrder.forNumber(random.nextInt(3)));
            range.setSortTarget(SortTarget.forNumber(random.nextInt(5)));
        }
        range.setSerializable(random.nextBoolean());
        range.setKeysOnly(oneIn(4));
        range.setCountOnly(oneIn(6));
        if (oneIn(6)) {
            range.setMinModRevision(random.nextLong(revision + 1));
        }
        if (oneIn(6)) {
            range.setMaxModRevision(random.nextLong(revision + 1));
        }
        if (oneIn(6)) {
            range.setMinCreateRevision(random.nextLong(revision + 1));
        }
        if (oneIn(6)) {
            range.setMaxCreateRevision(random.nextLong(revision + 1));
        }
        return range;
    }

    private TxnRequest.Builder txn(long revision, long compacted, int depth) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addCompare(compare(revision));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addSuccess(operation(revision, compacted, depth));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addFailure(operation(revision, compacted, depth));
        }
        if (depth == 0 && oneIn(60)) {
            int many = random.nextInt(126, 131);
            while (txn.getSuccessCount() < many) {
                txn.addSuccess(RequestOp.newBuilder().setRequestRange(range(revision, compacted)));
            }
        }
        return txn;
    }

    private RequestOp operation(long revision, long compacted, int depth) {
        RequestOp.Builder operation = RequestOp.newBuilder();
        int dice = random.nextInt(100);
        if (dice < 45) {
            operation.setRequestPut(put(false));
        } else if (dice < 60) {
            operation.setRequestDeleteRange(delete(false));
        } else if (dice < 80) {
            operation.setRequestRange(range(revision, compacted));
        } else if (dice < 99 && depth < 3) {
            operation.setRequestTxn(txn(revision, compacted, depth + 1));
        }
        return operation.build();
    }

    private Compare compare(long revision) {
        Compare.Builder compare = Compare.newBuilder()
                .setKey(key())
                .setResult(CompareResult.forNumber(random.nextInt(4)))
                .setTarget(CompareTarget.forNumber(random.nextInt(5)));
        if (oneIn(60)) {
            compare.clearKey();
        }
        if (oneIn(3)) {
            compare.setRangeEnd(end());
        }
        CompareTarget union = oneIn(20) ? CompareTarget.forNumber(random.nextInt(5)) : compare.getTarget();
        switch (union) {
            case VERSION -> compare.setVersion(random.nextLong(4));
            case CREATE -> compare.setCreateRevision(random.nextLong(revision + 1));
            case MOD -> compare.setModRevision(random.nextLong(revision + 1));
            case VALUE -> compare.setValue(value());
            case LEASE -> compare.setLease(lease(true));
            case UNRECOGNIZED -> throw new IllegalStateException();
        }
        return compare.build();
    }

    /** Any revision, and often one close to the compacted one. */
    private long past(long revision, long compacted) {
        long first = Math.max(0, compacted - 2);
        return random.nextLong(first, oneIn(2) ? Math.min(first + 6, revision + 2) : revision + 2);
    }

    private ByteString key() {
        return KEYS.get(random.nextInt(KEYS.size()));
    }

    private ByteString end() {
        return ENDS.get(random.nextInt(ENDS.size()));
    }

    private ByteString value() {
        return VALUES.get(random.nextInt(VALUES.size()));
    }

    private long lease(boolean none) {
        return random.nextInt(none ? 0 : 1, 7);
    }

    private boolean oneIn(int of) {
        return random.nextInt(of) == 0;
    }
}
