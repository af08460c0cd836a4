package dev.rollcall.etcd.embedded;

import java.util.function.LongSupplier;

/** A store with what keeps its state: nothing but this object, for now. */
final class Keeping implements AutoCloseable {
    private final EmbeddedEtcdBuilder settings;
    private final Keyspace keys;
    private final Leases leases;
    private final Journal journal;
    private final Store store;

    private Keeping(EmbeddedEtcdBuilder settings, Keyspace keys, Leases leases, Journal journal) {
        this.settings = settings;
        this.keys = keys;
        this.leases = leases;
        this.journal = journal;
        this.store = new Store(keys, leases, journal, settings.quota());
    }

    static Keeping open(EmbeddedEtcdBuilder settings) {
        return new Keeping(settings, new Keyspace(), leases(settings), Journal.NONE);
    }

    private static Leases leases(EmbeddedEtcdBuilder settings) {
        LongSupplier clock = settings.leasesAge() ? System::nanoTime : () -> 0L;
        return new Leases(clock);
    }

    Store store() {
        return store;
    }

    /** For the banner. */
    String description() {
        return "everything in memory";
    }

    /** What a restarted server goes on with. */
    Keeping reopen(boolean empty) {
        close();
        if (empty) {
            return open(settings);
        }
        leases.renewAll();
        return new Keeping(settings, keys, leases, Journal.NONE);
    }

    @Override
    public void close() {
        journal.close();
    }
}
