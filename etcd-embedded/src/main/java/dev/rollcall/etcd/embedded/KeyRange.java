package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys a request speaks of, from etcd's {@code key} and {@code range_end}: one key when the end is empty, every key from there on
 * when it is a zero byte, else those from the key up to the end, which is not among them.
 */
final class KeyRange {
    private final byte[] from;
    private final byte @Nullable [] to;
    private final boolean single;

    private KeyRange(byte[] from, byte @Nullable [] to, boolean single) {
        this.from = from;
        this.to = to;
        this.single = single;
    }

    static KeyRange of(ByteString key, ByteString rangeEnd) {
        if (rangeEnd.isEmpty()) {
            return new KeyRange(key.toByteArray(), null, true);
        }
        boolean endless = rangeEnd.size() == 1 && rangeEnd.byteAt(0) == 0;
        return new KeyRange(key.toByteArray(), endless ? null : rangeEnd.toByteArray(), false);
    }

    static KeyRange of(ByteString key) {
        return of(key, ByteString.EMPTY);
    }

    static KeyRange everything() {
        return new KeyRange(new byte[0], null, false);
    }

    boolean single() {
        return single;
    }

    byte[] from() {
        return from;
    }

    /** The first key that is no longer in it; null when it has no end or is a single key. */
    byte @Nullable [] to() {
        return to;
    }

    /** No key can be in it. */
    boolean isEmpty() {
        return to != null && Arrays.compareUnsigned(from, to) >= 0;
    }

    boolean contains(byte[] key) {
        if (single) {
            return Arrays.equals(from, key);
        }
        return Arrays.compareUnsigned(from, key) <= 0 && (to == null || Arrays.compareUnsigned(key, to) < 0);
    }
}
