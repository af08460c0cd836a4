package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.internal.client.Watches;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of one instance, one for each layout, and the transactions that read and write them together. */
final class OwnKeys {
    /** Hears from the watches of the keys. */
    interface Listener {
        /** A key was changed by somebody, perhaps by us. */
        void changed();

        /** A key is no longer watched; it has to be read before it can be watched again. */
        void unwatched();

        /** Whether another registration of this process has this key by now. */
        boolean anothers(ByteString key);
    }

    private final Listener listener;
    private final Map<ByteString, OwnKey> keys = new LinkedHashMap<>();
    private Map<ByteString, ByteString> shared = Map.of();

    OwnKeys(Listener listener) {
        this.listener = listener;
    }

    /**
     * Sets what they should be; a key that is not named should be absent.
     *
     * @param beside what is put with each write, and is nobody's
     */
    void want(Map<ByteString, ByteString> values, Map<ByteString, ByteString> beside) {
        shared = beside;
        keys.forEach((key, own) -> own.want(values.get(key)));
        values.forEach((key, value) ->
                keys.computeIfAbsent(key, added -> new OwnKey(added, listener)).want(value));
    }

    List<OwnKey> all() {
        return List.copyOf(keys.values());
    }

    /** Those that should be written, and may be: all of them when we take over. */
    List<OwnKey> due(Lease lease, boolean takingOver) {
        return keys.values().stream()
                .filter(own -> (own.mine() || takingOver) && !own.settled(lease))
                .toList();
    }

    /** Those that stand in etcd and are ours. */
    List<OwnKey> there() {
        return keys.values().stream().filter(OwnKey::there).toList();
    }

    /** Whether all stand in etcd under this lease, perhaps with a value of before the last update. */
    boolean kept(Lease lease) {
        return keys.values().stream().allMatch(own -> own.kept(lease));
    }

    /** Whether any has changed since it was last known. */
    boolean changed() {
        return keys.values().stream().anyMatch(OwnKey::changed);
    }

    /** Forgets those that should be absent and are. */
    void prune() {
        keys.values().removeIf(own -> {
            boolean over = !own.wanted() && !own.there();
            if (over) {
                own.unwatch();
            }
            return over;
        });
    }

    /** Watches those that are not watched yet. */
    void watch(Watches watches, long revision) {
        keys.values().forEach(own -> own.watch(watches, revision));
    }

    void unwatch() {
        keys.values().forEach(OwnKey::unwatch);
    }

    void disconnected() {
        keys.values().forEach(OwnKey::disconnected);
    }

    /** Reads them, also where a condition fails: it may go together with writes that have some. */
    static TxnRequest reading(List<OwnKey> batch) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        batch.forEach(own -> txn.addSuccess(own.read()).addFailure(own.read()));
        return txn.build();
    }

    /**
     * Writes them.
     *
     * @param conditionally whether only what was last seen may be written over
     * @param withShared whether to put the shared keys, too
     */
    TxnRequest writing(List<OwnKey> batch, Lease lease, boolean conditionally, boolean withShared) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (OwnKey own : batch) {
            if (conditionally) {
                txn.addCompare(own.unchanged());
            }
            txn.addSuccess(own.write(lease.id)).addFailure(own.read());
        }
        if (withShared) {
            shared.forEach((key, value) -> txn.addSuccess(OwnKey.put(key, value, lease.id)));
        }
        return txn.build();
    }

    static TxnRequest deleting(List<OwnKey> batch) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (OwnKey own : batch) {
            txn.addCompare(own.unchanged()).addSuccess(own.delete()).addFailure(own.read());
        }
        return txn.build();
    }
}
