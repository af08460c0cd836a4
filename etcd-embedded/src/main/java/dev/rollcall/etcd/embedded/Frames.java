package dev.rollcall.etcd.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A file of frames: eight bytes that name the format, then per frame its length, the complement of its length, the CRC-32C of its
 * bytes, and the bytes. What was synced together is one frame, so a crash can tear the last one only.
 */
final class Frames {
    static final byte[] MAGIC = "rollcal1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD = 12;

    private Frames() {}

    /** Begins a file. */
    static void begin(FileChannel file) throws IOException {
        writeAll(file, ByteBuffer.wrap(MAGIC));
    }

    /** Adds a frame; returns the bytes it takes. */
    static int append(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEAD + bytes.length);
        frame.putInt(bytes.length).putInt(~bytes.length).putInt(checksum(ByteBuffer.wrap(bytes)));
        frame.put(bytes).flip();
        writeAll(file, frame);
        return HEAD + bytes.length;
    }

    /**
     * Passes on every frame and returns where the last whole one ends.
     *
     * @throws CorruptDataException when a frame is broken and whole ones follow it, so that it is no torn end
     */
    static long read(FileChannel file, String name, Consumer<ByteBuffer> frames) throws IOException {
        ByteBuffer all = load(file);
        if (all.remaining() < MAGIC.length) {
            return 0;
        }
        for (byte expected : MAGIC) {
            if (all.get() != expected) {
                throw new CorruptDataException(name + ": not a file of an embedded etcd");
            }
        }
        while (whole(all, all.position())) {
            int length = all.getInt(all.position());
            int start = all.position() + HEAD;
            try {
                frames.accept(all.slice(start, length));
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw new CorruptDataException(name + ": byte " + all.position() + ": " + e.getMessage());
            }
            all.position(start + length);
        }
        long end = all.position();
        for (int later = all.position() + 1; later < all.limit(); later++) {
            if (whole(all, later)) {
                throw new CorruptDataException(
                        name + ": byte " + end
                                + ": broken, and what follows from byte " + later
                                + " is not (expected: at most a torn end); restore it from a copy, or delete the directory to start empty");
            }
        }
        return end;
    }

    private static boolean whole(ByteBuffer all, int at) {
        if (all.limit() - at < HEAD) {
            return false;
        }
        int length = all.getInt(at);
        return length > 0
                && all.getInt(at + 4) == ~length
                && all.limit() - at - HEAD >= length
                && all.getInt(at + 8) == checksum(all.slice(at + HEAD, length));
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static ByteBuffer load(FileChannel file) throws IOException {
        if (file.size() > Integer.MAX_VALUE - 8) {
            throw new IOException("file of " + file.size() + " bytes (expected: < 2 GiB)");
        }
        ByteBuffer all = ByteBuffer.allocate((int) file.size());
        file.position(0);
        while (all.hasRemaining()) {
            if (file.read(all) < 0) {
                throw new EOFException("file became shorter while it was read");
            }
        }
        return all.flip();
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }
}
