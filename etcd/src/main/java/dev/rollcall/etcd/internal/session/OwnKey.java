package dev.rollcall.etcd.internal.session;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.internal.client.Watches;
import org.jspecify.annotations.Nullable;

/**
 * One key that a registration keeps, and what it last knew of it. Every write but the very first has as its condition what was last
 * seen, so that it can never hit what another process wrote in between.
 */
final class OwnKey {
    final ByteString key;
    /** The value it should have; null when it should be absent. */
    @Nullable
    ByteString wanted;
    /** The value last sent to etcd, whether or not it arrived. */
    @Nullable
    ByteString sent;
    /** The revision of our last write of it, or of what we took over; 0 when it is absent. */
    long mod;
    /** The newest revision its watch has told of. */
    long told;
    /** Whether etcd is known to hold the wanted value under our lease. */
    boolean settled;

    Watches.@Nullable Watch watch;

    OwnKey(ByteString key) {
        this.key = key;
    }

    /** Changes what it should be. */
    void want(@Nullable ByteString value) {
        settled &= value != null && value.equals(wanted);
        wanted = value;
    }

    /** Whether what was seen is what we want or have sent, under this lease. */
    boolean isOurs(KeyValue seen, long lease) {
        ByteString value = seen.getValue();
        return seen.getLease() == lease && (value.equals(wanted) || value.equals(sent));
    }

    /** Takes note of what etcd holds, which is ours. */
    void adopt(KeyValue seen) {
        mod = seen.getModRevision();
        settled = seen.getValue().equals(wanted);
    }

    Compare unchanged() {
        Compare.Builder compare = Compare.newBuilder().setKey(key).setResult(Compare.CompareResult.EQUAL);
        return mod == 0
                ? compare.setTarget(Compare.CompareTarget.CREATE)
                        .setCreateRevision(0)
                        .build()
                : compare.setTarget(Compare.CompareTarget.MOD)
                        .setModRevision(mod)
                        .build();
    }

    RequestOp write(long lease) {
        ByteString value = wanted;
        sent = value;
        return value == null
                ? delete()
                : RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(key)
                                .setValue(value)
                                .setLease(lease))
                        .build();
    }

    RequestOp delete() {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build();
    }

    RequestOp read() {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(key))
                .build();
    }

    void unwatch() {
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }
}
