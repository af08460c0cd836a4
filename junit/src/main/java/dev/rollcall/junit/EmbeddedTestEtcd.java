package dev.rollcall.junit;

import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import java.time.Duration;

/** The etcd of this JVM, with everything that can be done to it. */
final class EmbeddedTestEtcd implements TestEtcd {
    private final EmbeddedEtcd etcd = EmbeddedEtcd.start();

    @Override
    public String endpoint() {
        return etcd.endpoint();
    }

    @Override
    public void advanceLeases(Duration time) {
        etcd.faults().advanceLeases(time);
    }

    @Override
    public void expireLease(long lease) {
        etcd.faults().expireLease(lease);
    }

    @Override
    public void expireLeases() {
        etcd.faults().expireLeases();
    }

    @Override
    public void cut() {
        etcd.faults().cut();
    }

    @Override
    public void heal() {
        etcd.faults().heal();
    }

    @Override
    public void dropWatchesAfterCreated(int streams) {
        etcd.faults().dropWatchesAfterCreated(streams);
    }

    @Override
    public void delayAnswers(Duration time) {
        etcd.faults().delayAnswers(time);
    }

    @Override
    public void compact() {
        etcd.faults().compact();
    }

    @Override
    public void restart() {
        etcd.restart();
    }

    @Override
    public void restartEmpty() {
        etcd.restartEmpty();
    }

    @Override
    public void close() {
        etcd.close();
    }

    @Override
    public String toString() {
        return etcd.toString();
    }
}
