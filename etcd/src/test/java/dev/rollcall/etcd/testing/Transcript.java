package dev.rollcall.etcd.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareResult;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortOrder;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.WatchCancelRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchProgressRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Asks an etcd, real or not, the same things in the same order, and keeps what it answers, without what may differ. */
final class Transcript {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final long LEASE = 0x1234_5678_9abcL;
    private static final long NEGATIVE_LEASE = -77;

    private final List<String> lines;
    private final Channel channel;
    private final KVGrpc.KVBlockingStub kv;
    private final LeaseGrpc.LeaseBlockingStub lease;

    private Transcript(Channel channel) {
        this(channel, new ArrayList<>());
    }

    private Transcript(Channel channel, List<String> lines) {
        this.channel = channel;
        this.lines = lines;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.lease = LeaseGrpc.newBlockingStub(channel);
    }

    static List<String> of(Channel channel) {
        Transcript transcript = new Transcript(channel);
        transcript.keys();
        transcript.transactions();
        transcript.leases();
        transcript.watches();
        return transcript.lines;
    }

    /** What a caller without a valid token is told, once there are users. */
    static List<String> ofGuards(Channel channel, String user, String password) {
        Transcript transcript = new Transcript(channel);
        transcript.guards("no token");
        Metadata invalid = new Metadata();
        invalid.put(TOKEN, "nobody.1");
        new Transcript(ClientInterceptors.intercept(channel, attach(invalid)), transcript.lines)
                .allGuards("invalid token");
        AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
        transcript.say("wrong password", () -> auth.authenticate(login(user, password + "x")));
        transcript.say("unknown user", () -> auth.authenticate(login("nobody", password)));
        Metadata valid = new Metadata();
        valid.put(TOKEN, auth.authenticate(login(user, password)).getToken());
        new Transcript(ClientInterceptors.intercept(channel, attach(valid)), transcript.lines).allGuards("valid token");
        return transcript.lines;
    }

    private void allGuards(String who) {
        guards(who);
        leaseGuards(who);
    }

    private void guards(String who) {
        ask(who + ": read", range("k").build());
        ask(who + ": put", put("k", "v"));
        ask(who + ": delete", DeleteRangeRequest.newBuilder().setKey(bytes("k")).build());
        ask(
                who + ": transaction",
                TxnRequest.newBuilder().addSuccess(op(put("k", "v"))).build());
        say(who + ": keep alive", () -> keepAlive(999));
        say(who + ": time to live", () -> timeToLive(999));
        Watching watching = new Watching();
        watching.create(
                who,
                WatchCreateRequest.newBuilder().setKey(bytes("k")).setWatchId(5).build());
        watching.end();
    }

    /** What etcd 3.4 lets callers without a token do, and newer ones do not. */
    private void leaseGuards(String who) {
        ask(who + ": compact", CompactionRequest.newBuilder().setRevision(1_000).build());
        LeaseGrantRequest grant =
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(60).build();
        say(who + ": grant", () -> lease.leaseGrant(grant));
        say(who + ": leases", () -> lease.leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
        say(
                who + ": revoke",
                () -> lease.leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(LEASE).build()));
    }

    private void keys() {
        ask("put", put("a/1", "one"));
        ask("put again", put("a/1", "uno").toBuilder().setPrevKv(true).build());
        ask("put", put("a/2", "two"));
        ask("put", put("a/3", "three"));
        ask("put elsewhere", put("b", "b"));
        ask("keep the value", put("a/3", "").toBuilder().setIgnoreValue(true).build());
        ask("keep no value", put("nothing", "").toBuilder().setIgnoreValue(true).build());
        ask("no key", put("", "x"));
        ask("one", range("a/1").build());
        ask("none", range("zzz").build());
        ask("prefix", prefix("a/").build());
        ask(
                "from key",
                range("a/2").setRangeEnd(ByteString.copyFrom(new byte[1])).build());
        ask(
                "all",
                RangeRequest.newBuilder()
                        .setKey(ByteString.copyFrom(new byte[1]))
                        .setRangeEnd(ByteString.copyFrom(new byte[1]))
                        .build());
        ask("limited", prefix("a/").setLimit(2).build());
        ask("limit just enough", prefix("a/").setLimit(3).build());
        ask("counted", prefix("a/").setCountOnly(true).build());
        ask("keys", prefix("a/").setKeysOnly(true).build());
        ask(
                "newest",
                prefix("a/")
                        .setSortTarget(SortTarget.MOD)
                        .setSortOrder(SortOrder.DESCEND)
                        .setLimit(1)
                        .setKeysOnly(true)
                        .build());
        ask("by value", prefix("a/").setSortTarget(SortTarget.VALUE).build());
        ask("backwards", prefix("a/").setSortOrder(SortOrder.DESCEND).build());
        ask("bounded", prefix("a/").setMinModRevision(4).setMaxCreateRevision(4).build());
        ask("past", prefix("a/").setRevision(3).build());
        ask("future", prefix("a/").setRevision(1_000).build());
        ask("delete none", DeleteRangeRequest.newBuilder().setKey(bytes("zzz")).build());
        ask(
                "delete",
                DeleteRangeRequest.newBuilder()
                        .setKey(bytes("a/2"))
                        .setPrevKv(true)
                        .build());
        ask("past with the deleted", prefix("a/").setRevision(5).build());
        ask("compact", CompactionRequest.newBuilder().setRevision(4).build());
        ask("compact again", CompactionRequest.newBuilder().setRevision(4).build());
        ask(
                "compact the future",
                CompactionRequest.newBuilder().setRevision(1_000).build());
        ask("compacted", prefix("a/").setRevision(3).build());
        ask("just not compacted", prefix("a/").setRevision(4).build());
    }

    private void transactions() {
        RequestOp readT = RequestOp.newBuilder().setRequestRange(range("t")).build();
        ask("create", txn(compare("t", CompareTarget.VERSION, CompareResult.EQUAL, 0), op(put("t", "1")), readT));
        ask("create again", txn(compare("t", CompareTarget.VERSION, CompareResult.EQUAL, 0), op(put("t", "2")), readT));
        ask("newer", txn(compare("t", CompareTarget.MOD, CompareResult.GREATER, 3), op(put("t", "3")), readT));
        ask("older", txn(compare("t", CompareTarget.CREATE, CompareResult.LESS, 3), op(put("t", "4")), readT));
        ask("leased", txn(compare("t", CompareTarget.LEASE, CompareResult.NOT_EQUAL, 0), op(put("t", "5")), readT));
        Compare value = Compare.newBuilder()
                .setKey(bytes("t"))
                .setTarget(CompareTarget.VALUE)
                .setValue(bytes("3"))
                .build();
        ask("by value", txn(value, op(put("t", "6")), readT));
        Compare missing =
                value.toBuilder().setKey(bytes("gone")).setValue(bytes("")).build();
        ask("a missing key has no value", txn(missing, op(put("t", "7")), readT));
        Compare whole = compare("a/", CompareTarget.VERSION, CompareResult.GREATER, 0).toBuilder()
                .setRangeEnd(bytes("a0"))
                .build();
        ask("a whole range", txn(whole, op(put("t", "8")), readT));
        ask(
                "put, read, delete, count",
                TxnRequest.newBuilder()
                        .addSuccess(op(put("t/1", "x")))
                        .addSuccess(readT)
                        .addSuccess(op(put("t/2", "y")))
                        .addSuccess(RequestOp.newBuilder().setRequestRange(prefix("t/")))
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestDeleteRange(
                                        DeleteRangeRequest.newBuilder().setKey(bytes("a/1"))))
                        .build());
        TxnRequest nested = txn(compare("n", CompareTarget.VERSION, CompareResult.EQUAL, 0), op(put("m", "0")), readT);
        ask(
                "nested compares see the state before",
                TxnRequest.newBuilder()
                        .addSuccess(op(put("n", "1")))
                        .addSuccess(RequestOp.newBuilder().setRequestTxn(nested))
                        .build());
        ask(
                "twice",
                TxnRequest.newBuilder()
                        .addSuccess(op(put("d", "1")))
                        .addSuccess(op(put("d", "2")))
                        .build());
        ask(
                "put and delete",
                TxnRequest.newBuilder()
                        .addSuccess(op(put("d", "1")))
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestDeleteRange(
                                        DeleteRangeRequest.newBuilder().setKey(bytes("d"))))
                        .build());
        TxnRequest.Builder many = TxnRequest.newBuilder();
        for (int i = 0; i < 129; i++) {
            many.addSuccess(op(put("many/" + i, "")));
        }
        ask("too many", many.build());
        ask("only reads", TxnRequest.newBuilder().addSuccess(readT).build());
    }

    private void leases() {
        LeaseGrantRequest grant =
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(60).build();
        say("grant", () -> lease.leaseGrant(grant));
        say("grant again", () -> lease.leaseGrant(grant));
        say(
                "grant a negative id",
                () -> lease.leaseGrant(grant.toBuilder().setID(NEGATIVE_LEASE).build()));
        ask("put leased", leased("l/1", LEASE));
        ask("put leased", leased("l/2", LEASE));
        ask("put leased", leased("l/3", NEGATIVE_LEASE));
        ask("put on no lease", leased("l/4", 999));
        ask(
                "put on no lease in a branch not taken",
                TxnRequest.newBuilder().addFailure(op(leased("l/4", 999))).build());
        ask(
                "transaction on no lease",
                TxnRequest.newBuilder().addSuccess(op(leased("l/4", 999))).build());
        ask("a put without lease detaches", put("l/2", "free"));
        say("time to live", () -> timeToLive(LEASE));
        say("time to live of none", () -> timeToLive(999));
        say("keep alive", () -> keepAlive(LEASE));
        say("keep alive none", () -> keepAlive(999));
        say("leases", () -> lease.leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
        say(
                "revoke",
                () -> lease.leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(LEASE).build()));
        say(
                "revoke again",
                () -> lease.leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(LEASE).build()));
        ask("left", prefix("l/").build());
        say(
                "not asked for",
                () -> AuthGrpc.newBlockingStub(channel)
                        .authenticate(
                                AuthenticateRequest.newBuilder().setName("x").build()));
    }

    private void watches() {
        ask("put", put("w/1", "1"));
        long start = kv.range(range("w/1").build()).getHeader().getRevision();
        ask("put", put("w/1", "2"));
        ask("delete", DeleteRangeRequest.newBuilder().setKey(bytes("w/1")).build());
        Watching watching = new Watching();
        WatchCreateRequest all = WatchCreateRequest.newBuilder()
                .setKey(bytes("w/"))
                .setRangeEnd(bytes("w0"))
                .setStartRevision(start)
                .build();
        watching.create("from the past", all);
        watching.events("past events", 3);
        watching.create(
                "with an id",
                all.toBuilder()
                        .setWatchId(7)
                        .setStartRevision(0)
                        .setPrevKv(true)
                        .build());
        watching.create("same id", all.toBuilder().setWatchId(7).build());
        watching.cancel("first", 0);
        ask(
                "two keys in one revision",
                TxnRequest.newBuilder()
                        .addSuccess(op(put("w/2", "2")))
                        .addSuccess(op(put("w/3", "3")))
                        .addSuccess(op(put("v", "outside")))
                        .build());
        watching.events("one revision", 2);
        watching.cancel("second", 7);
        watching.create(
                "deletes only",
                all.toBuilder()
                        .setWatchId(8)
                        .setStartRevision(0)
                        .addFilters(FilterType.NOPUT)
                        .build());
        ask("put", put("w/2", "unseen"));
        ask("delete", DeleteRangeRequest.newBuilder().setKey(bytes("w/2")).build());
        watching.events("a delete", 1);
        watching.progress();
        watching.cancel("third", 8);
        // Not a delete: etcd 3.4 may forget one that the compaction ends with.
        ask("put", put("w/4", "4"));
        long now = kv.range(range("w/1").build()).getHeader().getRevision();
        ask("compact", CompactionRequest.newBuilder().setRevision(now).build());
        watching.create(
                "at the compact revision",
                all.toBuilder().setWatchId(9).setStartRevision(now).build());
        watching.events("the compact revision itself", 1);
        watching.create(
                "too old",
                all.toBuilder().setWatchId(10).setStartRevision(now - 1).build());
        watching.answer("compacted");
        watching.end();
    }

    /** One watch stream, read step by step. */
    private final class Watching {
        private final Answers<WatchResponse> answers = new Answers<>();
        private final StreamObserver<WatchRequest> requests =
                WatchGrpc.newStub(channel).watch(answers);

        void create(String what, WatchCreateRequest request) {
            requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
            answer("watch " + what);
        }

        void cancel(String what, long id) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                    .build());
            answer("cancel " + what);
        }

        void progress() {
            requests.onNext(WatchRequest.newBuilder()
                    .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                    .build());
            answer("progress");
        }

        void answer(String what) {
            say(what, answers::next);
        }

        /** How events are spread over answers is etcd's own affair. */
        void events(String what, int count) {
            List<String> events = new ArrayList<>();
            while (events.size() < count) {
                answers.next().getEventsList().forEach(event -> events.add(event.toString()));
            }
            lines.add(what + ": " + events);
        }

        void end() {
            requests.onCompleted();
        }
    }

    private LeaseTimeToLiveResponse timeToLive(long id) {
        LeaseTimeToLiveResponse answer = lease.leaseTimeToLive(
                LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build());
        // A real one is already a little older.
        return answer.getTTL() > 0 ? answer.toBuilder().setTTL(1).build() : answer;
    }

    private LeaseKeepAliveResponse keepAlive(long id) {
        Answers<LeaseKeepAliveResponse> answers = new Answers<>();
        StreamObserver<LeaseKeepAliveRequest> requests =
                LeaseGrpc.newStub(channel).leaseKeepAlive(answers);
        requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
        LeaseKeepAliveResponse answer = answers.next();
        requests.onCompleted();
        return answer;
    }

    private void ask(String what, PutRequest request) {
        say(what, () -> kv.put(request));
    }

    private void ask(String what, RangeRequest request) {
        say(what, () -> kv.range(request));
    }

    private void ask(String what, DeleteRangeRequest request) {
        say(what, () -> kv.deleteRange(request));
    }

    private void ask(String what, TxnRequest request) {
        say(what, () -> kv.txn(request));
    }

    private void ask(String what, CompactionRequest request) {
        say(what, () -> kv.compact(request));
    }

    private void say(String what, Supplier<Message> call) {
        String answer;
        try {
            answer = call.get().toString();
        } catch (StatusRuntimeException e) {
            answer = e.getStatus().getCode() + " " + e.getStatus().getDescription();
        }
        lines.add(what + ": " + answer.replaceAll("(cluster_id|member_id|raft_term): -?\\d+", "$1"));
    }

    private static ClientInterceptor attach(Metadata headers) {
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    private static AuthenticateRequest login(String user, String password) {
        return AuthenticateRequest.newBuilder()
                .setName(user)
                .setPassword(password)
                .build();
    }

    private static PutRequest put(String key, String value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)).build();
    }

    private static PutRequest leased(String key, long lease) {
        return put(key, "leased").toBuilder().setLease(lease).build();
    }

    private static RequestOp op(PutRequest put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    private static RangeRequest.Builder range(String key) {
        return RangeRequest.newBuilder().setKey(bytes(key));
    }

    private static RangeRequest.Builder prefix(String prefix) {
        String end = prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
        return range(prefix).setRangeEnd(bytes(end));
    }

    private static TxnRequest txn(Compare compare, RequestOp success, RequestOp failure) {
        return TxnRequest.newBuilder()
                .addCompare(compare)
                .addSuccess(success)
                .addFailure(failure)
                .build();
    }

    private static Compare compare(String key, CompareTarget target, CompareResult result, long number) {
        Compare.Builder compare =
                Compare.newBuilder().setKey(bytes(key)).setTarget(target).setResult(result);
        return switch (target) {
            case VERSION -> compare.setVersion(number).build();
            case CREATE -> compare.setCreateRevision(number).build();
            case MOD -> compare.setModRevision(number).build();
            case LEASE -> compare.setLease(number).build();
            default -> throw new IllegalArgumentException(target + " (expected: a target with a number)");
        };
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
