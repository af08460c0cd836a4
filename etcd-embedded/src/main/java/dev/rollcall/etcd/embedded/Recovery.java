package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the state up again from what was written. Throws {@link IllegalStateException} when the pieces do not fit. */
final class Recovery implements Entries.Reader {
    private static final KeyRange EVERYTHING = KeyRange.everything();

    private final Keyspace keys = new Keyspace();
    private final Leases leases;
    private final List<KeyValue> living = new ArrayList<>();
    private @Nullable Long base;
    private boolean ended;

    Recovery(Leases leases) {
        this.leases = leases;
    }

    @Override
    public void committed(long revision, List<KeyValue> values) {
        settle();
        keys.replay(revision, values);
    }

    @Override
    public void granted(long lease, long seconds) {
        leases.grant(lease, seconds);
    }

    @Override
    public void revoked(long lease) {
        leases.remove(lease);
    }

    @Override
    public void compacted(long revision) {
        settle();
        keys.compact(revision);
    }

    @Override
    public void base(long compacted) {
        base = compacted;
    }

    @Override
    public void living(List<KeyValue> values) {
        living.addAll(values);
    }

    @Override
    public void end(long revision) {
        settle();
        if (keys.revision() != revision) {
            throw new IllegalStateException("revision: " + keys.revision() + " (expected: " + revision + ")");
        }
        ended = true;
    }

    /** Whether a whole snapshot was read. */
    boolean ended() {
        return ended;
    }

    Keyspace keys() {
        return keys;
    }

    /** The leases with their keys and their full time. */
    Leases leases() {
        for (KeyValue value : keys.living(EVERYTHING)) {
            leases.move(value.getKey(), 0, value.getLease());
        }
        leases.renewAll();
        return leases;
    }

    // the living keys of a snapshot come in several pieces, before its first commit
    private void settle() {
        if (base != null) {
            keys.restore(base, living);
            base = null;
            living.clear();
        }
    }
}
