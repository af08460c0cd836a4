package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseStatus;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The leases of a {@link Store}, as requests see and change them. Any thread may call it; what is refused changes nothing. */
final class LeaseStore {
    private final Store store;
    private final Keyspace keys;
    private final Leases leases;
    private final Journal journal;

    LeaseStore(Store store, Keyspace keys, Leases leases, Journal journal) {
        this.store = store;
        this.keys = keys;
        this.leases = leases;
        this.journal = journal;
    }

    /** Chooses an id when it is 0. */
    LeaseGrantResponse grant(long id, long seconds) {
        return store.locked(() -> {
            store.refuseWhenFull();
            Lease lease = leases.grant(id == 0 ? freeLeaseId() : id, seconds);
            journal.append(List.of(new Journal.Granted(lease.id(), lease.seconds())));
            return LeaseGrantResponse.newBuilder()
                    .setHeader(Headers.at(keys.revision()))
                    .setID(lease.id())
                    .setTTL(lease.seconds())
                    .build();
        });
    }

    /** Deletes its keys in one revision; without keys there is none. */
    LeaseRevokeResponse revoke(long id) {
        long revision = store.writing(
                write -> {
                    write.deleteAll(List.copyOf(leases.get(id).keys()));
                    leases.remove(id);
                    return write.revision();
                },
                new Journal.Revoked(id));
        return LeaseRevokeResponse.newBuilder().setHeader(Headers.at(revision)).build();
    }

    /** Gives a lease its full time back and answers it, in seconds; 0 when there is none or it has expired. */
    long keepAlive(long id) {
        boolean expired = store.locked(() -> {
            Lease lease = leases.find(id);
            return lease != null && lease.expired(leases.now());
        });
        if (expired) {
            revokeExpired();
        }
        return store.locked(() -> {
            Lease lease = leases.find(id);
            if (lease == null) {
                return 0L;
            }
            lease.renew(leases.now());
            return lease.seconds();
        });
    }

    LeaseTimeToLiveResponse timeToLive(long id, boolean withKeys) {
        return store.locked(() -> {
            LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                    .setHeader(Headers.at(keys.revision()))
                    .setID(id);
            Lease lease = leases.find(id);
            if (lease == null) {
                return response.setTTL(-1).build();
            }
            if (withKeys) {
                response.addAllKeys(lease.keys());
            }
            return response.setTTL(lease.remaining(leases.now()))
                    .setGrantedTTL(lease.seconds())
                    .build();
        });
    }

    LeaseLeasesResponse all() {
        return store.locked(() -> {
            LeaseLeasesResponse.Builder response =
                    LeaseLeasesResponse.newBuilder().setHeader(Headers.at(keys.revision()));
            leases.all()
                    .forEach(
                            lease -> response.addLeases(LeaseStatus.newBuilder().setID(lease.id())));
            return response.build();
        });
    }

    /** Revokes every lease whose time is over. */
    void revokeExpired() {
        for (long id : store.locked(leases::expired)) {
            try {
                revoke(id);
            } catch (RefusedException alreadyGone) {
                // revoked by a client meanwhile
            }
        }
    }

    /** Lets all leases grow older at once. */
    void advance(Duration time) {
        store.locked(() -> {
            leases.advance(time.toNanos());
            return true;
        });
    }

    /** Gives all leases their full time, from now on. */
    void renew() {
        store.locked(() -> {
            leases.renewAll();
            return true;
        });
    }

    /** Ends a lease's time now; false when there is none. */
    boolean end(long id) {
        return store.locked(() -> {
            Lease lease = leases.find(id);
            if (lease != null) {
                lease.endAt(leases.now());
            }
            return lease != null;
        });
    }

    private long freeLeaseId() {
        while (true) {
            long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
            if (leases.find(id) == null) {
                return id;
            }
        }
    }
}
