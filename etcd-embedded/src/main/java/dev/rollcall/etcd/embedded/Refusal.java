package dev.rollcall.etcd.embedded;

/** Why a request is not served: gRPC's number and etcd's own text, since clients match on both. */
enum Refusal {
    EMPTY_KEY(3, "etcdserver: key is not provided"),
    KEY_NOT_FOUND(3, "etcdserver: key not found"),
    VALUE_PROVIDED(3, "etcdserver: value is provided"),
    LEASE_PROVIDED(3, "etcdserver: lease is provided"),
    TOO_MANY_OPERATIONS(3, "etcdserver: too many operations in txn request"),
    DUPLICATE_KEY(3, "etcdserver: duplicate key given in txn request"),
    INVALID_SORT(3, "etcdserver: invalid sort option"),
    TOO_LARGE(3, "etcdserver: request is too large"),
    LEASE_NOT_FOUND(5, "etcdserver: requested lease not found"),
    NO_SPACE(8, "etcdserver: mvcc: database space exceeded"),
    LEASE_EXISTS(9, "etcdserver: lease already exists"),
    NO_ROOT_USER(9, "etcdserver: root user does not exist"),
    AUTHENTICATION_OFF(9, "etcdserver: authentication is not enabled"),
    LEASE_TTL_TOO_LARGE(11, "etcdserver: too large lease TTL"),
    COMPACTED(11, "etcdserver: mvcc: required revision has been compacted"),
    FUTURE_REVISION(11, "etcdserver: mvcc: required revision is a future revision"),
    STOPPED(14, "etcdserver: server stopped");

    private final int code;
    private final String text;

    Refusal(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** The number of the gRPC status. */
    int code() {
        return code;
    }

    /** What etcd says. */
    String text() {
        return text;
    }
}
