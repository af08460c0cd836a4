package dev.rollcall.etcd.testing;

import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import java.util.Optional;

/** How a {@link ScriptedEtcd} answers a keepalive, or that it does not. Must not block. */
@FunctionalInterface
public interface KeepAliveScript {
    /** The answer to send instead of the usual one; empty for none. */
    Optional<LeaseKeepAliveResponse> answer(LeaseKeepAliveRequest request, LeaseKeepAliveResponse usual);

    /** The truth. */
    static KeepAliveScript asUsual() {
        return (request, usual) -> Optional.of(usual);
    }

    /** No answer at all. */
    static KeepAliveScript silence() {
        return (request, usual) -> Optional.empty();
    }

    /** This many seconds are left: 0 for a lost lease. */
    static KeepAliveScript ttl(long seconds) {
        return (request, usual) -> Optional.of(usual.toBuilder().setTTL(seconds).build());
    }
}
