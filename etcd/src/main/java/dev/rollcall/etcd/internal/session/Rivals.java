package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.internal.client.Engine;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges what was found under the keys of one instance, and decides which of it may be written over. */
final class Rivals {
    /** What we are about to do with our keys. */
    enum Stance {
        KEEPING,
        LEAVING,
        /** Nothing: we have not written them yet, or somebody else has them and may. */
        STANDING_BY
    }

    /**
     * What was found.
     *
     * @param arrived a write of ours whose answer was lost is there
     * @param anothers something of somebody else is there
     * @param adopted somebody else took our lease for his, and keeps to it
     * @param owner what somebody else wrote who may live: it is his, if adopted, else ask about his lease
     * @param trouble why etcd does not hold what it should, or null when it does
     */
    record Verdict(
            boolean arrived,
            boolean anothers,
            boolean adopted,
            @Nullable KeyValue owner,
            @Nullable String trouble) {
        private static final Verdict FINE = new Verdict(false, false, false, null, null);

        private Verdict withArrived() {
            return new Verdict(true, anothers, adopted, owner, trouble);
        }

        private Verdict withAnothers() {
            return new Verdict(arrived, true, adopted, owner, trouble);
        }

        private Verdict withOwner(KeyValue kv, boolean keepsOurLease) {
            return new Verdict(arrived, true, adopted || keepsOurLease, adopted ? owner : kv, trouble);
        }

        private Verdict withTrouble(String why) {
            return new Verdict(arrived, anothers, adopted, owner, why);
        }
    }

    private static final String CHANGED = "etcd no longer held the instance as we wrote it; it is written again";
    private static final String FOUGHT =
            "others keep writing over the instance; it is written again at most three times a minute";
    private static final int LEASES_REMEMBERED = 16;

    private final RepairBudget repairs;
    private final Set<Long> endedLeases = new LinkedHashSet<>();
    /** The lease under which a foreign value was already written over once. */
    private @Nullable Lease contested;

    Rivals(Engine engine) {
        this.repairs = new RepairBudget(engine);
    }

    /** Nobody lives on this lease: what is still written under it may be written over. */
    void ended(long lease) {
        endedLeases.add(lease);
        if (endedLeases.size() > LEASES_REMEMBERED) {
            endedLeases.remove(endedLeases.iterator().next());
        }
    }

    /** @param answer one read of each key of the batch, in its order */
    Verdict judge(List<OwnKey> batch, TxnResponse answer, @Nullable Lease lease, Stance stance) {
        Verdict verdict = Verdict.FINE;
        for (int i = 0; i < batch.size(); i++) {
            OwnKey own = batch.get(i);
            List<KeyValue> kvs = answer.getResponses(i).getResponseRange().getKvsList();
            KeyValue kv = kvs.isEmpty() ? null : kvs.get(0);
            long before = own.mod();
            OwnKey.Found found = own.judge(kv, answer.getHeader().getRevision(), lease, endedLeases);
            if (found == OwnKey.Found.OURS) {
                verdict = own.mod() == before ? verdict : verdict.withArrived();
            } else if (kv == null || found == OwnKey.Found.OUTDATED) {
                verdict = own.wanted() ? verdict.withTrouble(CHANGED) : verdict;
            } else {
                verdict = judgeAnothers(verdict, own, kv, found, lease, stance);
            }
        }
        return verdict;
    }

    private Verdict judgeAnothers(
            Verdict verdict, OwnKey own, KeyValue kv, OwnKey.Found found, @Nullable Lease lease, Stance stance) {
        boolean adopted = found == OwnKey.Found.ADOPTED;
        if (!own.wanted() && !adopted && stance == Stance.KEEPING) {
            return verdict; // it has moved on, and whoever came after it may have its place
        }
        if (stance == Stance.KEEPING) {
            if (found == OwnKey.Found.FOREIGN || (adopted && contested == lease)) {
                return verdict.withOwner(kv, adopted);
            }
            if (!adopted && !repairs.take()) {
                return verdict.withAnothers().withTrouble(FOUGHT);
            }
            contested = adopted ? lease : contested;
            own.claim(kv);
            return verdict.withAnothers().withTrouble(CHANGED);
        }
        if (stance == Stance.LEAVING) {
            if (adopted) {
                return verdict.withOwner(kv, true);
            }
            if (found == OwnKey.Found.UNOWNED) {
                own.claim(kv); // it would stay for ever
            }
        }
        return verdict.withAnothers();
    }
}
