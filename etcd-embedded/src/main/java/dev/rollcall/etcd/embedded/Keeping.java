package dev.rollcall.etcd.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** A store with what keeps its state: this object only, or a data directory. */
final class Keeping implements AutoCloseable {
    private final EmbeddedEtcdBuilder settings;
    private final Consumer<IOException> failure;
    private final Keyspace keys;
    private final Leases leases;
    private final Journal journal;
    private final Store store;

    private Keeping(
            EmbeddedEtcdBuilder settings,
            Consumer<IOException> failure,
            Keyspace keys,
            Leases leases,
            Journal journal) {
        this.settings = settings;
        this.failure = failure;
        this.keys = keys;
        this.leases = leases;
        this.journal = journal;
        this.store = new Store(keys, leases, journal, settings.quota());
        if (journal instanceof DiskJournal disk) {
            disk.snapshots(() -> store.snapshot(disk::rotate));
        }
    }

    /** Opens the data directory, if there is one; tells when it fails later. */
    static Keeping open(EmbeddedEtcdBuilder settings, Consumer<IOException> failure) {
        Path data = settings.data();
        if (data == null) {
            return new Keeping(settings, failure, new Keyspace(), leases(settings), Journal.NONE);
        }
        Recovery recovery = new Recovery(leases(settings));
        try {
            DataDirectory directory = DataDirectory.open(data, settings.fsync(), recovery);
            return new Keeping(
                    settings, failure, recovery.keys(), recovery.leases(), new DiskJournal(directory, failure));
        } catch (IOException e) {
            throw new UncheckedIOException("embedded etcd: data directory " + data + ": " + e.getMessage(), e);
        }
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
        Path data = settings.data();
        if (data == null) {
            return "everything in memory";
        }
        return "data in " + data + (settings.fsync() ? ", synced before each answer" : ", not synced");
    }

    /** What a restarted server goes on with. */
    Keeping reopen(boolean empty) {
        close();
        Path data = settings.data();
        if (data == null && !empty) {
            return new Keeping(settings, failure, keys, leases, Journal.NONE);
        }
        if (data != null && empty) {
            try {
                DataDirectory.wipe(data);
            } catch (IOException e) {
                throw new UncheckedIOException("embedded etcd: data directory " + data + ": " + e.getMessage(), e);
            }
        }
        return open(settings, failure);
    }

    @Override
    public void close() {
        journal.close();
    }
}
