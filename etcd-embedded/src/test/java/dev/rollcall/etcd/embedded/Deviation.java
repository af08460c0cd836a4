package dev.rollcall.etcd.embedded;

import com.google.protobuf.Message;
import dev.rollcall.etcd.api.TxnRequest;
import java.util.Set;

/** Where an etcd is known to answer otherwise than the embedded one; issues are those at github.com/etcd-io/etcd. */
enum Deviation {
    /** Issue 18089: a deletion in the very revision that is compacted cannot be watched any more; mended in 3.4.36 and in 3.6. */
    LOST_DELETION,

    /**
     * Of a transaction that is wrong in two ways 3.6 tells what is wrong with the first such operation; 3.4 and the embedded one look at
     * the puts first. No issue: 3.6 looks at all of them in one go.
     */
    FIRST_ERROR;

    private static final Set<String> ERRORS_OF_OPERATIONS = Set.of(
            "INVALID_ARGUMENT: etcdserver: key not found",
            "NOT_FOUND: etcdserver: requested lease not found",
            "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
            "OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");

    /** Whether these two answers are both right. */
    static boolean explains(Set<Deviation> known, Message request, String theirs, String ours) {
        return known.contains(FIRST_ERROR)
                && request instanceof TxnRequest
                && ERRORS_OF_OPERATIONS.contains(theirs)
                && ERRORS_OF_OPERATIONS.contains(ours);
    }
}
