package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what happens to a {@link DataDirectory}. One thread writes everything that came in meanwhile as one frame, syncs it, and then
 * lets the answers go. When the disk fails it tells so once, and no answer goes any more.
 */
final class DiskJournal implements Journal {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEtcd.class);
    private static final int MOST_WAITING_BYTES = 64 << 20;

    private record Waiting(long position, Runnable then) {}

    private final DataDirectory directory;
    private final Consumer<IOException> failure;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Entries.Writer pending = new Entries.Writer();
    private final List<Waiting> waiting = new ArrayList<>();
    private @Nullable Supplier<Snapshot> snapshots;
    private long written;
    private long rotated;
    private long durable;
    private boolean closed;
    private boolean failed;

    DiskJournal(DataDirectory directory, Consumer<IOException> failure) {
        this.directory = directory;
        this.failure = failure;
        this.thread = Front.daemons("rollcall-etcd-journal").newThread(this::run);
        thread.start();
    }

    /** From now on snapshots are made of what this gives, when the log has grown enough. It is asked without any lock. */
    void snapshots(Supplier<Snapshot> source) {
        lock.lock();
        try {
            snapshots = source;
        } finally {
            lock.unlock();
        }
    }

    /** Everything from here on belongs to the next log; under the store's lock, as {@link #append} is. */
    ByteString rotate() {
        lock.lock();
        try {
            rotated = written;
            return ByteString.copyFrom(pending.take());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void awaitRoom() {
        lock.lock();
        try {
            while (pending.size() > MOST_WAITING_BYTES && !failed && !closed) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void append(List<Entry> entries) {
        lock.lock();
        try {
            if (!failed) {
                entries.forEach(pending::write);
                written++;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long position() {
        lock.lock();
        try {
            return written;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void whenDurable(long position, Runnable then) {
        lock.lock();
        try {
            if (failed) {
                return;
            }
            if (position > durable) {
                waiting.add(new Waiting(position, then));
                return;
            }
        } finally {
            lock.unlock();
        }
        then.run();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        directory.close();
    }

    private void run() {
        try {
            while (writeNext()) {
                makeSnapshot();
            }
        } catch (IOException e) {
            fail(e);
        } catch (UncheckedIOException e) {
            fail(new IOException(e));
        }
    }

    private void fail(IOException cause) {
        lock.lock();
        try {
            failed = true;
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        // who is told may close this journal, which waits for this thread
        Front.daemons("rollcall-etcd-failure")
                .newThread(() -> failure.accept(cause))
                .start();
    }

    private boolean writeNext() throws IOException {
        byte[] batch;
        long position;
        lock.lock();
        try {
            while (pending.size() == 0 && !closed) {
                changed.awaitUninterruptibly();
            }
            if (pending.size() == 0) {
                return false;
            }
            batch = pending.take();
            position = written;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        directory.append(batch);
        release(position);
        return true;
    }

    private void release(long position) {
        List<Waiting> ready = new ArrayList<>();
        lock.lock();
        try {
            durable = position;
            waiting.removeIf(one -> one.position() <= position && ready.add(one));
        } finally {
            lock.unlock();
        }
        ready.sort(Comparator.comparingLong(Waiting::position));
        ready.forEach(DiskJournal::run);
    }

    private static void run(Waiting one) {
        try {
            one.then().run();
        } catch (RuntimeException e) {
            // one answer that cannot be sent must not stop all others
            LOG.error("the embedded etcd failed at an answer", e);
        }
    }

    private void makeSnapshot() throws IOException {
        Supplier<Snapshot> source;
        lock.lock();
        try {
            source = snapshots;
        } finally {
            lock.unlock();
        }
        if (source != null && directory.wantsSnapshot()) {
            Snapshot snapshot = source.get();
            directory.next(snapshot.last());
            // only this thread rotates
            release(rotated);
            directory.save(snapshot);
        }
    }
}
