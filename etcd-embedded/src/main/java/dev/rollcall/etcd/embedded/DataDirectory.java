package dev.rollcall.etcd.embedded;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of an embedded etcd: {@code N.log} with what happened, {@code N.snapshot} with the state in which log N begins. The newest
 * snapshot and all logs from its number on are the state; what is older is deleted. Used by one thread at a time.
 */
final class DataDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEtcd.class);

    /** A log smaller than this, or than twice the last snapshot, is no reason for a new one. */
    private static final long SMALL_LOG = 16 << 20;

    private final Path directory;
    private final boolean fsync;
    private final long smallLog;
    private final FileChannel lock;
    private long number;
    private FileChannel log;
    private long logBytes;
    private long snapshotBytes;

    private DataDirectory(Path directory, boolean fsync, long smallLog, FileChannel lock) throws IOException {
        this.directory = directory;
        this.fsync = fsync;
        this.smallLog = smallLog;
        this.lock = lock;
        this.number = snapshot(directory).orElse(1);
        this.log = open(number);
    }

    /** Opens it, made if it is not there, and passes on what is in it. */
    static DataDirectory open(Path directory, boolean fsync, Recovery recovery) throws IOException {
        return open(directory, fsync, SMALL_LOG, recovery);
    }

    static DataDirectory open(Path directory, boolean fsync, long smallLog, Recovery recovery) throws IOException {
        Files.createDirectories(directory);
        FileChannel lock = lock(directory);
        try {
            DataDirectory opened = new DataDirectory(directory, fsync, smallLog, lock);
            opened.recover(recovery);
            return opened;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** Deletes what {@link #open} would find. */
    static void wipe(Path directory) throws IOException {
        for (Path file : files(directory)) {
            if (file.getFileName().toString().matches("\\d+\\.(log|snapshot|snapshot\\.new)")) {
                Files.delete(file);
            }
        }
    }

    /** Adds a frame to the log, on disk when this returns. */
    void append(byte[] bytes) throws IOException {
        logBytes += Frames.append(log, bytes);
        if (fsync) {
            log.force(false);
        }
    }

    boolean wantsSnapshot() {
        return logBytes > Math.max(smallLog, 2 * snapshotBytes);
    }

    /** Ends the log with this and begins the next one. */
    void next(ByteString last) throws IOException {
        if (!last.isEmpty()) {
            append(last.toByteArray());
        }
        log.close();
        number++;
        log = open(number);
        logBytes = 0;
    }

    /** Saves the state in which the log begins; then nothing older is needed. */
    void save(Snapshot snapshot) throws IOException {
        Path unfinished = directory.resolve(number + ".snapshot.new");
        try (FileChannel file = FileChannel.open(unfinished, CREATE, TRUNCATE_EXISTING, WRITE)) {
            snapshot.write(file);
            file.force(true);
            snapshotBytes = file.size();
        }
        Files.move(unfinished, directory.resolve(number + ".snapshot"), StandardCopyOption.ATOMIC_MOVE);
        sync(directory);
        deleteBefore(number);
    }

    @Override
    public void close() {
        try {
            log.close();
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void recover(Recovery recovery) throws IOException {
        deleteBefore(number);
        Path snapshot = directory.resolve(number + ".snapshot");
        if (Files.exists(snapshot)) {
            try (FileChannel file = FileChannel.open(snapshot, READ)) {
                Frames.read(file, snapshot.toString(), frame -> Entries.read(frame, recovery));
                snapshotBytes = file.size();
            }
            if (!recovery.ended()) {
                throw new CorruptDataException(snapshot + ": ends too early (expected: a whole snapshot)");
            }
        }
        while (true) {
            String name = directory.resolve(number + ".log").toString();
            long size = log.size();
            long end = Frames.read(log, name, frame -> Entries.read(frame, recovery));
            boolean last = !Files.exists(directory.resolve((number + 1) + ".log"));
            if (end < size && !last) {
                throw new CorruptDataException(name + ": byte " + end + ": broken, and a later log follows");
            }
            if (last) {
                cut(name, end, size);
                return;
            }
            log.close();
            number++;
            log = open(number);
        }
    }

    private void cut(String name, long end, long size) throws IOException {
        if (end < size) {
            LOG.warn("{}: {} bytes at the end were not written to their end and are cut off", name, size - end);
            log.truncate(end);
        }
        log.position(end);
        if (end == 0) {
            Frames.begin(log);
        }
        log.force(true);
        sync(directory);
        logBytes = log.size();
    }

    private FileChannel open(long number) throws IOException {
        FileChannel opened = FileChannel.open(directory.resolve(number + ".log"), CREATE, READ, WRITE);
        if (opened.size() == 0) {
            Frames.begin(opened);
            opened.force(true);
            sync(directory);
        }
        return opened;
    }

    private void deleteBefore(long kept) throws IOException {
        for (Path file : files(directory)) {
            String name = file.getFileName().toString();
            if (name.matches("\\d+\\.snapshot\\.new")
                    || (name.matches("\\d+\\.(log|snapshot)") && number(name) < kept)) {
                Files.delete(file);
            }
        }
    }

    private static long number(String name) {
        return Long.parseLong(name.substring(0, name.indexOf('.')));
    }

    private static OptionalLong snapshot(Path directory) throws IOException {
        return files(directory).stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> name.matches("\\d+\\.snapshot"))
                .mapToLong(DataDirectory::number)
                .max();
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return new ArrayList<>(files.toList());
        }
    }

    // a file that was just made is only there after a crash when its directory is on disk
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, READ)) {
            channel.force(true);
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel file = FileChannel.open(directory.resolve("lock"), CREATE, WRITE);
        try {
            if (file.tryLock() != null) {
                return file;
            }
        } catch (OverlappingFileLockException inThisProcess) {
            // as if another process had it
        }
        file.close();
        throw new IOException(directory + ": used by another embedded etcd");
    }
}
