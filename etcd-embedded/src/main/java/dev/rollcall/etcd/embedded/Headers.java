package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.ResponseHeader;

/** The headers of answers. Like an etcd with default flags, each embedded one has the same ids, also after it was wiped. */
final class Headers {
    static final long CLUSTER_ID = 0x726f6c6c63616c6cL;
    static final long MEMBER_ID = 0x656d626564646564L;
    static final long TERM = 2;

    private Headers() {}

    /** Of an answer to a request. */
    static ResponseHeader at(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(CLUSTER_ID)
                .setMemberId(MEMBER_ID)
                .setRevision(revision)
                .setRaftTerm(TERM)
                .build();
    }

    /** Of an answer inside that of a transaction. */
    static ResponseHeader bare(long revision) {
        return ResponseHeader.newBuilder().setRevision(revision).build();
    }
}
