package dev.rollcall.etcd.testing;

import static dev.rollcall.etcd.testing.EtcdRules.checkKey;
import static dev.rollcall.etcd.testing.EtcdRules.contains;
import static dev.rollcall.etcd.testing.EtcdRules.refusal;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.CompactionResponse;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortOrder;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.ResponseHeader;
import dev.rollcall.etcd.api.ResponseOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/** The keys of a {@link ScriptedEtcd}: every revision, in memory, answered as etcd 3.4 does. Not thread-safe: its owner locks. */
final class EtcdModel {
    private static final long CLUSTER_ID = 0x1234;
    private static final long MEMBER_ID = 0x5678;

    private final NavigableMap<ByteString, KeyValue> keys = new TreeMap<>(EtcdRules.BYTES);
    private final List<Event> history = new ArrayList<>();
    private final List<Event> pending = new ArrayList<>();
    private final LongPredicate leaseLives;
    private final Runnable committed;
    private long revision = 1;
    private long compacted;

    /** Asks its owner which leases live, and tells it of each new revision. */
    EtcdModel(LongPredicate leaseLives, Runnable committed) {
        this.leaseLives = leaseLives;
        this.committed = committed;
    }

    long revision() {
        return revision;
    }

    long compacted() {
        return compacted;
    }

    ResponseHeader header() {
        return header(revision);
    }

    static ResponseHeader header(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(CLUSTER_ID)
                .setMemberId(MEMBER_ID)
                .setRaftTerm(2)
                .setRevision(revision)
                .build();
    }

    /** The events of these keys from a revision on, oldest first, each with the key's state before. */
    List<Event> since(long from, ByteString key, ByteString end) {
        return history.stream()
                .filter(event -> event.getKv().getModRevision() >= from)
                .filter(event -> contains(key, end, event.getKv().getKey()))
                .toList();
    }

    List<ByteString> keysOf(long lease) {
        return keys.values().stream()
                .filter(kv -> kv.getLease() == lease)
                .map(KeyValue::getKey)
                .toList();
    }

    RangeResponse range(RangeRequest request) {
        checkKey(request.getKey());
        checkRevision(request);
        return read(request).toBuilder().setHeader(header()).build();
    }

    PutResponse put(PutRequest request) {
        checkKey(request.getKey());
        checkPut(request);
        PutResponse answer = write(request);
        commit();
        return answer.toBuilder().setHeader(header()).build();
    }

    DeleteRangeResponse delete(DeleteRangeRequest request) {
        checkKey(request.getKey());
        DeleteRangeResponse answer = remove(request);
        commit();
        return answer.toBuilder().setHeader(header()).build();
    }

    TxnResponse txn(TxnRequest request) {
        EtcdRules.check(request);
        Deque<Boolean> path = new ArrayDeque<>();
        choose(request, path);
        TxnResponse answer = execute(request, path);
        commit();
        return answer.toBuilder().setHeader(header()).build();
    }

    CompactionResponse compact(CompactionRequest request) {
        checkRevision(request.getRevision(), compacted + 1);
        compacted = request.getRevision();
        return CompactionResponse.newBuilder().setHeader(header()).build();
    }

    void deleteKeysOf(long lease) {
        keysOf(lease).forEach(this::remove);
        commit();
    }

    /**
     * Decides all branches before anything is written, since compares of nested transactions see the state before the whole, and
     * refuses what cannot be done on the way.
     */
    private void choose(TxnRequest request, Deque<Boolean> path) {
        boolean succeeded = request.getCompareList().stream()
                .allMatch(compare -> EtcdRules.holds(compare, select(keys, compare.getKey(), compare.getRangeEnd())));
        path.add(succeeded);
        for (RequestOp op : branch(request, succeeded)) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> checkRevision(op.getRequestRange());
                case REQUEST_PUT -> checkPut(op.getRequestPut());
                case REQUEST_TXN -> choose(op.getRequestTxn(), path);
                default -> {}
            }
        }
    }

    private TxnResponse execute(TxnRequest request, Deque<Boolean> path) {
        boolean succeeded = path.remove();
        TxnResponse.Builder answer = TxnResponse.newBuilder().setSucceeded(succeeded);
        for (RequestOp op : branch(request, succeeded)) {
            ResponseOp.Builder part = answer.addResponsesBuilder();
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> part.setResponseRange(read(op.getRequestRange()));
                case REQUEST_PUT -> part.setResponsePut(write(op.getRequestPut()));
                case REQUEST_DELETE_RANGE -> part.setResponseDeleteRange(remove(op.getRequestDeleteRange()));
                case REQUEST_TXN -> part.setResponseTxn(execute(op.getRequestTxn(), path));
                default -> throw new IllegalStateException("unchecked operation: " + op);
            }
        }
        return answer.setHeader(ResponseHeader.getDefaultInstance()).build();
    }

    private static List<RequestOp> branch(TxnRequest request, boolean succeeded) {
        return succeeded ? request.getSuccessList() : request.getFailureList();
    }

    private RangeResponse read(RangeRequest request) {
        List<KeyValue> found = select(at(request.getRevision()), request.getKey(), request.getRangeEnd());
        RangeResponse.Builder answer =
                RangeResponse.newBuilder().setHeader(innerHeader()).setCount(found.size());
        if (request.getCountOnly()) {
            return answer.build();
        }
        List<KeyValue> wanted = new ArrayList<>(
                found.stream().filter(kv -> EtcdRules.withinBounds(request, kv)).toList());
        if (request.getSortOrder() != SortOrder.NONE || request.getSortTarget() != SortTarget.KEY) {
            Comparator<KeyValue> order = EtcdRules.order(request.getSortTarget());
            wanted.sort(request.getSortOrder() == SortOrder.DESCEND ? order.reversed() : order);
        }
        if (request.getLimit() > 0 && wanted.size() > request.getLimit()) {
            wanted.subList((int) request.getLimit(), wanted.size()).clear();
            answer.setMore(true);
        }
        wanted.forEach(kv -> answer.addKvs(
                request.getKeysOnly() ? kv.toBuilder().clearValue().build() : kv));
        return answer.build();
    }

    private PutResponse write(PutRequest request) {
        KeyValue before = keys.getOrDefault(request.getKey(), KeyValue.getDefaultInstance());
        KeyValue after = KeyValue.newBuilder()
                .setKey(request.getKey())
                .setValue(request.getIgnoreValue() ? before.getValue() : request.getValue())
                .setLease(request.getIgnoreLease() ? before.getLease() : request.getLease())
                .setCreateRevision(before.getVersion() == 0 ? revision + 1 : before.getCreateRevision())
                .setModRevision(revision + 1)
                .setVersion(before.getVersion() + 1)
                .build();
        keys.put(request.getKey(), after);
        change(EventType.PUT, after, before);
        PutResponse.Builder answer = PutResponse.newBuilder().setHeader(innerHeader());
        if (before.getVersion() > 0 && request.getPrevKv()) {
            answer.setPrevKv(before);
        }
        return answer.build();
    }

    private DeleteRangeResponse remove(DeleteRangeRequest request) {
        List<KeyValue> found = select(keys, request.getKey(), request.getRangeEnd());
        found.forEach(kv -> remove(kv.getKey()));
        return DeleteRangeResponse.newBuilder()
                .setHeader(innerHeader())
                .setDeleted(found.size())
                .addAllPrevKvs(request.getPrevKv() ? found : List.of())
                .build();
    }

    private void remove(ByteString key) {
        KeyValue before = keys.getOrDefault(key, KeyValue.getDefaultInstance());
        keys.remove(key);
        KeyValue after =
                KeyValue.newBuilder().setKey(key).setModRevision(revision + 1).build();
        change(EventType.DELETE, after, before);
    }

    private void change(EventType type, KeyValue after, KeyValue before) {
        Event.Builder event = Event.newBuilder().setType(type).setKv(after);
        pending.add(
                before.getVersion() == 0
                        ? event.build()
                        : event.setPrevKv(before).build());
    }

    private void commit() {
        if (!pending.isEmpty()) {
            revision++;
            history.addAll(pending);
            pending.clear();
            committed.run();
        }
    }

    /** Inside a transaction headers carry only the revision, the coming one once something was written; of a nested one nothing. */
    private ResponseHeader innerHeader() {
        return ResponseHeader.newBuilder()
                .setRevision(pending.isEmpty() ? revision : revision + 1)
                .build();
    }

    private NavigableMap<ByteString, KeyValue> at(long past) {
        if (past <= 0 || past == revision) {
            return keys;
        }
        NavigableMap<ByteString, KeyValue> state = new TreeMap<>(EtcdRules.BYTES);
        for (Event event : history) {
            KeyValue kv = event.getKv();
            if (kv.getModRevision() > past) {
                break;
            }
            if (event.getType() == EventType.PUT) {
                state.put(kv.getKey(), kv);
            } else {
                state.remove(kv.getKey());
            }
        }
        return state;
    }

    private static List<KeyValue> select(NavigableMap<ByteString, KeyValue> from, ByteString key, ByteString end) {
        return from.tailMap(key, true).values().stream()
                .filter(kv -> contains(key, end, kv.getKey()))
                .toList();
    }

    private void checkPut(PutRequest request) {
        if (request.getLease() != 0 && !leaseLives.test(request.getLease())) {
            throw refusal(Status.NOT_FOUND, "requested lease not found");
        }
        if ((request.getIgnoreValue() || request.getIgnoreLease()) && !keys.containsKey(request.getKey())) {
            throw refusal(Status.INVALID_ARGUMENT, "key not found");
        }
    }

    private void checkRevision(RangeRequest request) {
        if (request.getRevision() > 0) {
            checkRevision(request.getRevision(), compacted);
        }
    }

    private void checkRevision(long asked, long oldest) {
        if (asked > revision) {
            throw refusal(Status.OUT_OF_RANGE, "mvcc: required revision is a future revision");
        }
        if (asked < oldest) {
            throw refusal(Status.OUT_OF_RANGE, "mvcc: required revision has been compacted");
        }
    }
}
