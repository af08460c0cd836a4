package dev.rollcall.etcd.embedded;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.etcd.api.KeyValue;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How entries are written: one byte that says what follows, then numbers of eight bytes, counts of four, and keys with values as
 * etcd's own {@code KeyValue} messages behind their length.
 */
final class Entries {
    private static final int COMMITTED = 1;
    private static final int GRANTED = 2;
    private static final int REVOKED = 3;
    private static final int COMPACTED = 4;
    private static final int BASE = 5;
    private static final int LIVING = 6;
    private static final int END = 7;

    private Entries() {}

    /** What reads them back gets each in order. */
    interface Reader {
        void committed(long revision, List<KeyValue> values);

        void granted(long lease, long seconds);

        void revoked(long lease);

        void compacted(long revision);

        /** A snapshot begins, of what lived at a compacted revision. */
        void base(long compacted);

        /** Some of what lived then. */
        void living(List<KeyValue> values);

        /** A snapshot is complete, up to this revision. */
        void end(long revision);
    }

    /** Writes entries; everything it throws is a bug, since it only writes to memory. */
    static final class Writer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out = new DataOutputStream(bytes);

        int size() {
            return bytes.size();
        }

        byte[] take() {
            byte[] taken = bytes.toByteArray();
            bytes.reset();
            return taken;
        }

        void write(Journal.Entry entry) {
            if (entry instanceof Journal.Committed committed) {
                Commit commit = committed.commit();
                number(COMMITTED, commit.revision());
                values(commit.changes().stream().map(Change::value).toList());
            } else if (entry instanceof Journal.Granted granted) {
                number(GRANTED, granted.lease());
                number(granted.seconds());
            } else if (entry instanceof Journal.Revoked revoked) {
                number(REVOKED, revoked.lease());
            } else if (entry instanceof Journal.Compacted compacted) {
                number(COMPACTED, compacted.revision());
            }
        }

        void base(long compacted) {
            number(BASE, compacted);
        }

        void living(List<KeyValue> values) {
            kind(LIVING);
            values(values);
        }

        void end(long revision) {
            number(END, revision);
        }

        private void values(List<KeyValue> values) {
            try {
                out.writeInt(values.size());
                for (KeyValue value : values) {
                    out.writeInt(value.getSerializedSize());
                    value.writeTo(out);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void number(int kind, long number) {
            kind(kind);
            number(number);
        }

        private void kind(int kind) {
            bytes.write(kind);
        }

        private void number(long number) {
            try {
                out.writeLong(number);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Reads everything in a frame. Throws {@link IllegalArgumentException} when it is not what {@link Writer} writes. */
    static void read(ByteBuffer frame, Reader reader) {
        try {
            while (frame.hasRemaining()) {
                int kind = frame.get();
                switch (kind) {
                    case COMMITTED -> reader.committed(frame.getLong(), values(frame));
                    case GRANTED -> reader.granted(frame.getLong(), frame.getLong());
                    case REVOKED -> reader.revoked(frame.getLong());
                    case COMPACTED -> reader.compacted(frame.getLong());
                    case BASE -> reader.base(frame.getLong());
                    case LIVING -> reader.living(values(frame));
                    case END -> reader.end(frame.getLong());
                    default -> throw new IllegalArgumentException("entry of kind " + kind + " (expected: 1 to 7)");
                }
            }
        } catch (BufferUnderflowException | InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("entry that does not end in its frame", e);
        }
    }

    private static List<KeyValue> values(ByteBuffer frame) throws InvalidProtocolBufferException {
        int count = frame.getInt();
        List<KeyValue> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = frame.getInt();
            if (length < 0 || length > frame.remaining()) {
                throw new BufferUnderflowException();
            }
            values.add(KeyValue.parseFrom(frame.slice(frame.position(), length)));
            frame.position(frame.position() + length);
        }
        return values;
    }
}
