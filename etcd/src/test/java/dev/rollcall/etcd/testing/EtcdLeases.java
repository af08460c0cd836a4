package dev.rollcall.etcd.testing;

import static dev.rollcall.etcd.testing.EtcdRules.refusal;

import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import io.grpc.Status;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The leases of a {@link ScriptedEtcd}. They are always fresh: no time passes. Not thread-safe: its owner locks. */
final class EtcdLeases {
    private final Map<Long, Long> ttls = new TreeMap<>();
    private final EtcdModel model;
    private long next = 0x7000_0001;
    private @Nullable Long nextGrantedTtl;

    EtcdLeases(Runnable committed) {
        this.model = new EtcdModel(ttls::containsKey, committed);
    }

    EtcdModel model() {
        return model;
    }

    Set<Long> ids() {
        return Set.copyOf(ttls.keySet());
    }

    void next(long id) {
        next = id;
    }

    void nextGrantedTtl(long seconds) {
        nextGrantedTtl = seconds;
    }

    LeaseGrantResponse grant(LeaseGrantRequest request) {
        long id = request.getID() == 0 ? next++ : request.getID();
        if (ttls.containsKey(id)) {
            throw refusal(Status.FAILED_PRECONDITION, "lease already exists");
        }
        ttls.put(id, request.getTTL());
        Long granted = nextGrantedTtl;
        nextGrantedTtl = null;
        return LeaseGrantResponse.newBuilder()
                .setHeader(model.header())
                .setID(id)
                .setTTL(granted == null ? request.getTTL() : granted)
                .build();
    }

    LeaseRevokeResponse revoke(LeaseRevokeRequest request) {
        if (!ttls.containsKey(request.getID())) {
            throw refusal(Status.NOT_FOUND, "requested lease not found");
        }
        expire(request.getID());
        return LeaseRevokeResponse.newBuilder().setHeader(model.header()).build();
    }

    void forget(long id) {
        ttls.remove(id);
    }

    void expire(long id) {
        forget(id);
        model.deleteKeysOf(id);
    }

    LeaseKeepAliveResponse keepAlive(LeaseKeepAliveRequest request) {
        return LeaseKeepAliveResponse.newBuilder()
                .setHeader(model.header())
                .setID(request.getID())
                .setTTL(ttls.getOrDefault(request.getID(), 0L))
                .build();
    }

    LeaseTimeToLiveResponse timeToLive(LeaseTimeToLiveRequest request) {
        LeaseTimeToLiveResponse.Builder answer = LeaseTimeToLiveResponse.newBuilder()
                .setHeader(model.header())
                .setID(request.getID())
                .setTTL(-1);
        Long ttl = ttls.get(request.getID());
        if (ttl != null) {
            answer.setTTL(ttl).setGrantedTTL(ttl);
            if (request.getKeys()) {
                answer.addAllKeys(model.keysOf(request.getID()));
            }
        }
        return answer.build();
    }

    LeaseLeasesResponse leases() {
        LeaseLeasesResponse.Builder answer = LeaseLeasesResponse.newBuilder().setHeader(model.header());
        ttls.keySet().forEach(id -> answer.addLeases(LeaseStatus.newBuilder().setID(id)));
        return answer.build();
    }
}
