package dev.rollcall.etcd.embedded;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KeyValue;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * The state at one moment.
 *
 * @param last what the log before it still has to get
 * @param leases the leases with their time to live
 * @param compacted the compacted revision, -1 for none
 * @param living what lived at that revision
 * @param commits every known revision
 * @param revision the newest one
 */
record Snapshot(
        ByteString last,
        List<Journal.Granted> leases,
        long compacted,
        List<KeyValue> living,
        List<Commit> commits,
        long revision) {
    private static final int FRAME = 1 << 20;

    void write(FileChannel file) throws IOException {
        Frames.begin(file);
        Entries.Writer writer = new Entries.Writer();
        writer.base(compacted);
        for (Journal.Granted lease : leases) {
            writer.write(lease);
            flush(file, writer, FRAME);
        }
        for (KeyValue value : living) {
            writer.living(List.of(value));
            flush(file, writer, FRAME);
        }
        for (Commit commit : commits) {
            writer.write(new Journal.Committed(commit));
            flush(file, writer, FRAME);
        }
        writer.end(revision);
        flush(file, writer, 0);
    }

    private static void flush(FileChannel file, Entries.Writer writer, int enough) throws IOException {
        if (writer.size() > enough) {
            Frames.append(file, writer.take());
        }
    }
}
