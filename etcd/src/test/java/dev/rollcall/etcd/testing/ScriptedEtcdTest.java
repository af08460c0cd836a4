package dev.rollcall.etcd.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.testing.EtcdProcess;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScriptedEtcdTest {
    private final ScriptedEtcd etcd = ScriptedEtcd.launch();
    private final ManagedChannel channel = channel(etcd.endpoint());

    @AfterEach
    void end() {
        channel.shutdownNow();
        etcd.close();
    }

    @Test
    @Tag("etcd")
    void it_answers_as_a_real_etcd_does() {
        try (EtcdProcess real = EtcdProcess.launch()) {
            ManagedChannel toReal = channel(real.endpoint());
            List<String> expected = Transcript.of(toReal);
            toReal.shutdownNow();

            compare(Transcript.of(channel), expected);
        }
    }

    @Test
    @Tag("etcd")
    @Tag("auth")
    void it_refuses_strangers_as_a_real_etcd_does() {
        try (EtcdProcess real = EtcdProcess.launch()) {
            real.ctl().enableAuth("secret");
            ManagedChannel toReal = channel(real.endpoint());
            List<String> expected = Transcript.ofGuards(toReal, "root", "secret");
            toReal.shutdownNow();
            etcd.addUser("root", "secret");

            compare(Transcript.ofGuards(channel, "root", "secret"), expected);
        }
    }

    @Test
    void a_lost_answer_leaves_the_change() {
        etcd.next("Put", CallScript.applyThenFail(Status.UNAVAILABLE));
        etcd.next("Put", CallScript.failWith(Status.RESOURCE_EXHAUSTED));

        assertThat(refusal(() -> put("a"))).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refusal(() -> put("b"))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        put("c");

        assertThat(etcd.get("a")).isPresent();
        assertThat(etcd.get("b")).isEmpty();
        assertThat(etcd.get("c")).isPresent();
        assertThat(etcd.received("Put")).hasSize(3);
    }

    @Test
    void a_call_given_up_applies_when_its_gate_opens() {
        Gate gate = new Gate();
        etcd.next("Put", CallScript.applyAfter(gate));
        KVGrpc.KVBlockingStub hasty = KVGrpc.newBlockingStub(channel).withDeadlineAfter(Duration.ofMillis(200));

        assertThat(refusal(() -> hasty.put(request("late")))).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(etcd.get("late")).isEmpty();
        await().until(() -> gate.waiting() == 1);
        gate.open();

        assertThat(etcd.get("late")).isPresent();
    }

    @Test
    void a_standing_script_yields_to_the_next_ones() {
        etcd.always("Put", CallScript.failWith(Status.UNKNOWN));
        etcd.next("Put", CallScript.asUsual());

        put("a");

        assertThat(refusal(() -> put("b"))).isEqualTo(Status.Code.UNKNOWN);
        etcd.always("Put", CallScript.asUsual());
        put("b");
    }

    @Test
    void a_watch_is_created_and_cut_before_its_past() {
        etcd.put("k", "1");
        etcd.nextWatch(WatchScript.createdThenEnd(Status.OK));

        Answers<WatchResponse> answers = watch(2);

        assertThat(answers.next().getCreated()).isTrue();
        assertThat(answers.end().isOk()).isTrue();
        assertThat(etcd.watchStreams()).isEmpty();
        assertThat(watch(2).next().getHeader().getRevision()).isEqualTo(2);
    }

    @Test
    void a_watch_is_refused_silent_compacted_or_far_ahead() {
        etcd.nextWatch(WatchScript.refuse("etcdserver: permission denied"));
        etcd.nextWatch(WatchScript.compacted(9));
        etcd.nextWatch(WatchScript.createdAt(1_000));
        etcd.nextWatch(WatchScript.silence());

        WatchResponse refused = watch(0).next();
        assertThat(refused.getWatchId()).isEqualTo(-1);
        assertThat(refused.getCanceled()).isTrue();
        Answers<WatchResponse> compacted = watch(3);
        assertThat(compacted.next().getCreated()).isTrue();
        assertThat(compacted.next())
                .returns(9L, WatchResponse::getCompactRevision)
                .returns(0L, answer -> answer.getHeader().getRevision());
        Answers<WatchResponse> ahead = watch(2);
        assertThat(ahead.next().getHeader().getRevision()).isEqualTo(1_000);
        etcd.put("k", "1");
        assertThat(ahead.next().getEventsCount()).isEqualTo(1);
        Answers<WatchResponse> silent = watch(0);
        await().until(() -> etcd.received("Watch").size() == 4);
        assertThat(silent.isEmpty()).isTrue();
    }

    @Test
    void events_come_late_together_in_pieces_twice_or_not_at_all() {
        Answers<WatchResponse> answers = watch(0);
        answers.next();
        etcd.holdEvents();
        etcd.put("k", "1");
        etcd.put("k", "2");
        etcd.shapeEvents(Shapes::fragmented);
        etcd.releaseEvents();
        assertThat(answers.next().getFragment()).isTrue();
        assertThat(answers.next().getFragment()).isFalse();
        etcd.shapeEvents(Shapes::duplicated);
        etcd.put("k", "3");
        assertThat(answers.next()).isEqualTo(answers.next());
        etcd.shapeEvents(Shapes::dropped);
        etcd.put("k", "4");
        WatchStream stream = etcd.watchStreams().get(0);
        stream.progress(stream.ids().iterator().next(), 500);
        assertThat(answers.next().getHeader().getRevision()).isEqualTo(500);
        etcd.endWatches(Status.UNAVAILABLE.withDescription("etcdserver: no leader"));
        assertThat(answers.end().getDescription()).isEqualTo("etcdserver: no leader");
    }

    @Test
    void keepalives_fall_silent_lie_and_end() {
        etcd.nextLeaseId(-5);
        LeaseGrantResponse lease = LeaseGrpc.newBlockingStub(channel)
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(9).build());
        assertThat(lease.getID()).isEqualTo(-5);
        etcd.put("leased", "x", -5);
        Answers<LeaseKeepAliveResponse> answers = new Answers<>();
        StreamObserver<LeaseKeepAliveRequest> requests =
                LeaseGrpc.newStub(channel).leaseKeepAlive(answers);
        LeaseKeepAliveRequest request =
                LeaseKeepAliveRequest.newBuilder().setID(-5).build();

        requests.onNext(request);
        assertThat(answers.next().getTTL()).isEqualTo(9);
        etcd.onKeepAlive(KeepAliveScript.silence());
        requests.onNext(request);
        await().until(() -> etcd.received("LeaseKeepAlive").size() == 2);
        assertThat(answers.isEmpty()).isTrue();
        etcd.onKeepAlive(KeepAliveScript.ttl(0));
        requests.onNext(request);
        assertThat(answers.next().getTTL()).isZero();
        assertThat(etcd.get("leased")).isPresent();
        etcd.expireLease(-5);
        assertThat(etcd.get("leased")).isEmpty();
        etcd.endKeepAlives(Status.OK);
        assertThat(answers.end().isOk()).isTrue();
    }

    @Test
    void it_stops_and_starts_and_begins_another_history() {
        put("a");
        Answers<WatchResponse> answers = watch(0);
        answers.next();

        etcd.stop();
        assertThat(answers.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refusal(() -> put("b"))).isEqualTo(Status.Code.UNAVAILABLE);
        etcd.start();
        etcd.wipe();

        assertThat(etcd.revision()).isEqualTo(1);
        KVGrpc.newBlockingStub(channel).withWaitForReady().put(request("c"));
        assertThat(etcd.revision()).isEqualTo(2);
    }

    private Answers<WatchResponse> watch(long start) {
        Answers<WatchResponse> answers = new Answers<>();
        WatchGrpc.newStub(channel)
                .watch(answers)
                .onNext(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .setStartRevision(start))
                        .build());
        return answers;
    }

    private void put(String key) {
        PutResponse unused = KVGrpc.newBlockingStub(channel).put(request(key));
    }

    private static PutRequest request(String key) {
        return PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    }

    private static Status.Code refusal(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call)
                .getStatus()
                .getCode();
    }

    private static void compare(List<String> answers, List<String> expected) {
        SoftAssertions all = new SoftAssertions();
        all.assertThat(answers).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            all.assertThat(answers.get(i)).isEqualTo(expected.get(i));
        }
        all.assertAll();
    }

    private static ManagedChannel channel(String endpoint) {
        return NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
    }
}
