package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.Change.Kind;
import dev.rollcall.Event.HistoryChanged;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallBuilder;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.Status;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import dev.rollcall.etcd.testing.Shapes;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.etcd.testing.WatchScript;
import dev.rollcall.etcd.testing.WatchStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What no real etcd does on demand: the watch protocol at its edges, and servers that break it. */
class WatchProtocolTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Instance A = Instance.of(SERVICE, "10.0.0.1", 8080).withId("a");
    private static final Instance B = Instance.of(SERVICE, "10.0.0.2", 8080).withId("b");
    private static final Instance C = Instance.of(SERVICE, "10.0.0.3", 8080).withId("c");
    private static final Instance D = Instance.of(SERVICE, "10.0.0.4", 8080).withId("d");

    private final List<dev.rollcall.Event> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private ScriptedEtcd etcd;
    private RawEtcd raw;
    private Rollcall consumer;

    @BeforeEach
    void open() {
        etcd = ScriptedEtcd.launch();
        raw = RawEtcd.at(etcd.endpoint());
        raw.put(A);
        consumer = connect("");
    }

    private Rollcall connect(String options) {
        return opened(Rollcall.builder().registry("etcd://" + etcd.endpoint() + options));
    }

    private Rollcall connectAsReader() {
        etcd.addUser("reader", "secret");
        return opened(Rollcall.builder()
                .registry("etcd://" + etcd.endpoint())
                .user("reader")
                .password("secret"));
    }

    private Rollcall opened(RollcallBuilder builder) {
        Rollcall made = builder.events(events::add).connect();
        opened.add(made);
        return made;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        raw.close();
        etcd.close();
    }

    private SnapshotRecorder record(String service) {
        SnapshotRecorder seen = SnapshotRecorder.of(consumer, service);
        opened.add(0, seen);
        return seen;
    }

    /** A view with one watch that has been created. */
    private SnapshotRecorder following() {
        int before = creates().size();
        SnapshotRecorder seen = record(SERVICE).awaitInstance("a");
        await().until(() -> creates().size() > before && !etcd.watchStreams().isEmpty());
        return seen;
    }

    private List<WatchCreateRequest> creates() {
        return etcd.received("Watch").stream()
                .map(received -> (WatchRequest) received.request())
                .filter(WatchRequest::hasCreateRequest)
                .map(WatchRequest::getCreateRequest)
                .toList();
    }

    private List<RangeRequest> ranges() {
        return etcd.received("Range").stream()
                .map(received -> (RangeRequest) received.request())
                .filter(range -> !range.getCountOnly())
                .toList();
    }

    private long lists() {
        return consumer.counters().getOrDefault("lists", 0L);
    }

    private WatchStream stream() {
        await().until(() -> !etcd.watchStreams().isEmpty());
        return etcd.watchStreams().get(etcd.watchStreams().size() - 1);
    }

    private long id(WatchStream stream) {
        await().until(() -> !stream.ids().isEmpty());
        return stream.ids().iterator().next();
    }

    /** For scripts, which run where the network may not be waited for. */
    private void put(Instance instance) {
        etcd.put(RawEtcd.key(instance), RawEtcd.value(instance).toStringUtf8());
    }

    private static WatchResponse answer(long id, boolean fragment, Event... events) {
        return WatchResponse.newBuilder()
                .setWatchId(id)
                .setFragment(fragment)
                .addAllEvents(List.of(events))
                .build();
    }

    private static Event put(Instance instance, long revision) {
        return Event.newBuilder()
                .setKv(KeyValue.newBuilder()
                        .setKey(ByteString.copyFromUtf8(RawEtcd.key(instance)))
                        .setValue(RawEtcd.value(instance))
                        .setCreateRevision(revision)
                        .setModRevision(revision))
                .build();
    }

    private static Event delete(Instance instance, long revision) {
        return Event.newBuilder()
                .setType(Event.EventType.DELETE)
                .setKv(KeyValue.newBuilder()
                        .setKey(ByteString.copyFromUtf8(RawEtcd.key(instance)))
                        .setModRevision(revision))
                .build();
    }

    private static List<String> ids(ServiceSnapshot snapshot) {
        return snapshot.instances().stream().map(Instance::id).toList();
    }

    // --- where a watch goes on ---

    @Test
    void a_watch_cut_after_created_and_before_the_backlog_goes_on_after_the_last_event_applied() {
        SnapshotRecorder seen = following();
        long applied = etcd.revision();
        etcd.nextWatch(create -> {
            create.created(applied + 1_000);
            create.stream().end(io.grpc.Status.UNAVAILABLE);
        });
        etcd.holdEvents();
        raw.put(B);
        etcd.endWatches(io.grpc.Status.UNAVAILABLE);
        await().until(() -> creates().size() >= 3);
        etcd.releaseEvents();
        seen.awaitInstance("b");
        assertThat(creates()).extracting(WatchCreateRequest::getStartRevision).containsOnly(applied + 1);
        seen.assertNeverLost("a");
    }

    @Test
    void a_created_header_far_ahead_or_far_behind_moves_nothing() {
        SnapshotRecorder seen = following();
        long applied = etcd.revision();
        etcd.nextWatch(WatchScript.createdAt(applied + 500));
        etcd.endWatches(io.grpc.Status.CANCELLED);
        await().until(() -> creates().size() == 2);
        etcd.nextWatch(WatchScript.createdAt(1));
        etcd.endWatches(io.grpc.Status.CANCELLED);
        await().until(() -> creates().size() == 3);
        raw.put(B);
        seen.awaitInstance("b");
        assertThat(creates()).extracting(WatchCreateRequest::getStartRevision).containsOnly(applied + 1);
        assertThat(events).noneMatch(HistoryChanged.class::isInstance);
        assertThat(lists()).isEqualTo(1);
    }

    @Test
    void a_progress_notification_ahead_of_the_events_is_no_bookmark() {
        SnapshotRecorder seen = following();
        WatchStream stream = stream();
        long applied = etcd.revision();
        etcd.holdEvents();
        raw.put(B);
        stream.progress(id(stream), applied + 100);
        stream.end(io.grpc.Status.OK);
        etcd.releaseEvents();
        seen.awaitInstance("b");
        assertThat(creates()).extracting(WatchCreateRequest::getStartRevision).containsOnly(applied + 1);
    }

    @Test
    void events_that_were_applied_before_change_nothing() {
        SnapshotRecorder seen = following();
        raw.put(B);
        seen.awaitSize(2);
        WatchStream stream = stream();
        stream.send(answer(id(stream), false, delete(A, 1), delete(A, 2), delete(B, 3)));
        etcd.shapeEvents(Shapes::duplicated);
        raw.put(C);
        raw.put(D);
        seen.awaitSize(4);
        await().until(() -> seen.changes().size() == 4);
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
        assertThat(seen.changes()).extracting(change -> change.kind()).containsOnly(Kind.JOINED);
        assertThat(seen.changes()).hasSize(4);
    }

    @ParameterizedTest
    @EnumSource(
            value = io.grpc.Status.Code.class,
            names = {"OK", "UNKNOWN", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
    void a_stream_that_ends_in_whatever_way_is_opened_again_and_loses_no_event(io.grpc.Status.Code code) {
        SnapshotRecorder seen = following();
        etcd.endWatches(code.toStatus().withDescription("etcdserver: no leader"));
        raw.put(B);
        seen.await(snapshot -> ids(snapshot).contains("b"), Duration.ofSeconds(2));
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        assertThat(lists()).isEqualTo(1);
        seen.assertNeverLost("a");
    }

    @Test
    void streams_that_end_again_and_again_are_opened_more_and_more_rarely() {
        SnapshotRecorder seen = following();
        for (int i = 0; i < 100; i++) {
            etcd.nextWatch(WatchScript.createdThenEnd(io.grpc.Status.CANCELLED));
        }
        long start = System.nanoTime();
        etcd.endWatches(io.grpc.Status.CANCELLED);
        await().until(() -> System.nanoTime() - start > Duration.ofSeconds(1).toNanos());
        // without a growing pause there would be dozens
        assertThat(creates().size()).isBetween(2, 25);
        seen.assertNeverLost("a");
    }

    @Test
    void a_watch_that_is_never_answered_is_not_waited_for() {
        etcd.nextWatch(WatchScript.silence());
        SnapshotRecorder seen = following();
        raw.put(B);
        seen.awaitInstance("b");
        assertThat(creates()).hasSize(2);
    }

    // --- compaction ---

    @Test
    void a_compaction_cancel_whose_header_has_revision_0_is_no_other_history() {
        SnapshotRecorder seen = following();
        etcd.holdEvents();
        raw.put(B);
        raw.put(C);
        raw.delete(B);
        etcd.compact(etcd.revision());
        WatchStream stream = stream();
        stream.cancelCompacted(id(stream), etcd.revision());
        etcd.releaseEvents();
        seen.awaitInstance("c");
        assertThat(lists()).isEqualTo(2);
        assertThat(events).noneMatch(HistoryChanged.class::isInstance);
        seen.assertNeverLost("a");
        await().until(() -> seen.changes().size() == 2);
        assertThat(seen.changes()).extracting(change -> change.instance().id()).containsExactly("a", "c");
    }

    @Test
    void a_compaction_that_hits_many_watches_is_followed_by_lists_spread_over_a_second() {
        List<SnapshotRecorder> all =
                IntStream.range(0, 40).mapToObj(i -> record("svc" + i)).toList();
        WatchStream stream = stream();
        await().until(() -> stream.ids().size() == 40);
        all.forEach(one -> one.await(snapshot -> snapshot.freshness() == Freshness.LIVE));
        int before = etcd.received("Range").size();
        stream.ids().forEach(id -> stream.cancelCompacted(id, 2));
        await().until(() -> etcd.received("Range").size() == before + 40);
        List<Long> times = etcd.received("Range").stream()
                .skip(before)
                .map(ScriptedEtcd.Received::nanoTime)
                .toList();
        assertThat(times.get(39) - times.get(0))
                .isGreaterThan(Duration.ofMillis(500).toNanos());
        all.forEach(one -> one.await(snapshot -> snapshot.freshness() == Freshness.LIVE));
    }

    @Test
    void a_compaction_between_list_and_watch_leaves_no_gap() {
        etcd.nextWatch(create -> {
            put(B);
            put(C);
            etcd.delete(RawEtcd.key(C));
            etcd.compact(etcd.revision());
            WatchScript.compacted(etcd.revision()).run(create);
        });
        SnapshotRecorder seen = record(SERVICE);
        seen.await(snapshot -> ids(snapshot).equals(List.of("a", "b")));
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        assertThat(lists()).isEqualTo(2);
        seen.assertNeverLost("a");
    }

    // --- the check that the history is the same ---

    @Test
    void the_history_is_checked_by_a_linearizable_read_at_the_revision_applied() {
        following();
        long applied = etcd.revision();
        int before = ranges().size();
        etcd.endWatches(io.grpc.Status.OK);
        await().until(() -> creates().size() == 2);
        assertThat(ranges().subList(before, ranges().size())).singleElement().satisfies(anchor -> {
            assertThat(anchor.getRevision()).isEqualTo(applied);
            assertThat(anchor.getSerializable()).isFalse();
            assertThat(anchor.getLimit()).isEqualTo(1);
            assertThat(anchor.getKeysOnly()).isTrue();
            assertThat(anchor.getSortTarget()).isEqualTo(RangeRequest.SortTarget.MOD);
            assertThat(anchor.getSortOrder()).isEqualTo(RangeRequest.SortOrder.DESCEND);
        });
    }

    @Test
    void a_list_of_another_history_that_fails_at_first_is_still_one_of_another_history() {
        raw.put(B);
        SnapshotRecorder seen = following().awaitInstance("b");
        etcd.wipe(); // ends the streams; the check of the history finds the future
        etcd.next("Range", CallScript.asUsual()); // of the new connection
        etcd.next("Range", CallScript.asUsual()); // the check
        etcd.next("Range", CallScript.failWith(io.grpc.Status.RESOURCE_EXHAUSTED.withDescription("too many requests")));
        raw.put(A);
        await().until(() -> events.stream().anyMatch(HistoryChanged.class::isInstance));
        seen.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        seen.assertNeverLost("a");
        seen.assertNeverLost("b");
    }

    // --- several watches on one stream ---

    @Test
    void two_prefixes_on_one_stream_each_have_their_own_place_and_their_own_fragments() {
        consumer = connect("?layout=go-micro,go-micro-old");
        SnapshotRecorder seen = following();
        await().until(() -> creates().size() == 2);
        WatchStream stream = stream();
        assertThat(etcd.watchStreams()).hasSize(1);
        List<WatchCreateRequest> both = creates();
        long newer = both.stream()
                .filter(create -> create.getKey().toStringUtf8().startsWith("/micro/registry/"))
                .findFirst()
                .orElseThrow()
                .getWatchId();
        long older = both.stream().mapToLong(WatchCreateRequest::getWatchId).sum() - newer;
        String oldKey = "/micro-registry/" + SERVICE + "/old";
        Event old = Event.newBuilder()
                .setKv(KeyValue.newBuilder()
                        .setKey(ByteString.copyFromUtf8(oldKey))
                        .setValue(RawEtcd.value(D))
                        .setModRevision(40))
                .build();
        stream.send(answer(newer, true, put(B, 50)));
        stream.send(answer(older, false, old));
        seen.awaitInstance("d");
        assertThat(ids(seen.current())).containsExactlyInAnyOrder("d", "a");
        stream.send(answer(newer, false, put(C, 50)));
        seen.awaitInstance("c");
        assertThat(ids(seen.current())).containsExactlyInAnyOrder("d", "a", "b", "c");
        etcd.endWatches(io.grpc.Status.CANCELLED);
        // the check fails for both, since the real keys are others: each lists again on its own
        seen.await(
                snapshot -> snapshot.freshness() == Freshness.LIVE && creates().size() == 4);
    }

    @Test
    void fragments_cut_inside_a_revision_show_at_once() {
        SnapshotRecorder seen = following();
        etcd.shapeEvents(Shapes::fragmented);
        raw.commit(List.of(RawEtcd.putting(B), RawEtcd.putting(C), RawEtcd.deleting(A)));
        seen.await(snapshot -> ids(snapshot).equals(List.of("b", "c"))).awaitInstance("b");
        await().untilAsserted(() -> assertThat(seen.told())
                .extracting(WatchProtocolTest::ids)
                .containsExactly(List.of("a"), List.of("b", "c")));
        assertThat(seen.polled().stream().map(WatchProtocolTest::ids).distinct())
                .isSubsetOf(List.of(), List.of("a"), List.of("b", "c"));
    }

    @Test
    void fragments_without_an_end_are_forgotten_with_their_stream() {
        SnapshotRecorder seen = following();
        WatchStream stream = stream();
        etcd.holdEvents();
        long revision = raw.commit(List.of(RawEtcd.putting(B), RawEtcd.putting(C)));
        stream.send(answer(id(stream), true, put(B, revision), put(D, revision)));
        stream.progress(id(stream), revision);
        stream.end(io.grpc.Status.OK);
        etcd.releaseEvents();
        seen.awaitSize(3);
        assertThat(ids(seen.current())).containsExactly("a", "b", "c");
        assertThat(seen.polled()).noneMatch(snapshot -> ids(snapshot).contains("d"));
        assertThat(seen.polled()).noneMatch(snapshot -> snapshot.size() == 2);
    }

    @Test
    void several_revisions_in_one_answer_are_applied_one_by_one_and_shown_once() {
        SnapshotRecorder seen = following();
        etcd.holdEvents();
        raw.put(B);
        raw.put(A.withStatus(Status.DRAINING));
        raw.delete(A);
        raw.delete(B);
        long last = raw.put(C);
        etcd.releaseEvents();
        seen.awaitInstance("c");
        await().until(() -> seen.changes().size() > 1);
        assertThat(seen.current().revision()).isEqualTo(last);
        assertThat(seen.told()).extracting(WatchProtocolTest::ids).containsExactly(List.of("a"), List.of("c"));
        assertThat(seen.changes())
                .filteredOn(change -> change.instance().id().equals("a"))
                .extracting(change -> change.kind())
                .containsExactly(Kind.JOINED, Kind.LEFT_GRACEFULLY);
    }

    @Test
    void a_watch_with_more_unfinished_fragments_than_fit_is_listed_anew() {
        SnapshotRecorder seen = following();
        WatchStream stream = stream();
        raw.put("/elsewhere", "x");
        Event large = Event.newBuilder()
                .setKv(KeyValue.newBuilder()
                        .setKey(ByteString.copyFromUtf8("/micro/registry/" + SERVICE + "/x"))
                        .setValue(ByteString.copyFrom(new byte[4 << 20]))
                        .setModRevision(90))
                .build();
        long id = id(stream);
        for (int i = 0; i < 17; i++) {
            stream.send(answer(id, true, large));
        }
        await().until(() -> creates().size() == 2);
        assertThat(lists()).isEqualTo(2);
        raw.put(B);
        seen.awaitInstance("b");
        seen.assertNeverLost("a");
        assertThat(creates()).hasSize(2);
        assertThat(creates().get(1).getStartRevision()).isEqualTo(etcd.revision());
    }

    @Test
    void an_answer_that_is_too_large_means_a_list_in_pages_and_never_a_resume() {
        SnapshotRecorder seen = following();
        int before = ranges().size();
        etcd.endWatches(io.grpc.Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size"));
        await().until(() -> creates().size() == 2);
        assertThat(ranges().subList(before, ranges().size()))
                .singleElement()
                .returns(0L, RangeRequest::getRevision)
                .returns(5_000L, RangeRequest::getLimit);
        raw.put(B);
        seen.awaitInstance("b");
        seen.assertNeverLost("a");
    }

    @Test
    void watch_ids_are_ours_from_1_on_and_others_are_ignored() {
        SnapshotRecorder seen = following();
        WatchStream stream = stream();
        stream.send(answer(99, false, delete(A, 50)));
        stream.send(WatchResponse.newBuilder().setWatchId(98).setCanceled(true).build());
        stream.send(WatchResponse.newBuilder().setWatchId(97).setCreated(true).build());
        SnapshotRecorder other = record("other.srv");
        other.await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        await().until(() -> stream.ids().size() == 2);
        other.close();
        await().until(() -> stream.ids().size() == 1);
        record("third.srv").await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        await().until(() -> creates().size() == 3);
        assertThat(creates()).extracting(WatchCreateRequest::getWatchId).containsExactly(1L, 2L, 3L);
        raw.put(B);
        seen.awaitInstance("b");
        seen.assertNeverLost("a");
    }

    @Test
    void a_refusal_with_id_minus_1_reaches_the_watch_it_is_meant_for() {
        SnapshotRecorder seen = following();
        etcd.nextWatch(WatchScript.refuse("mvcc: the store is not in the mood"));
        SnapshotRecorder other = record("other.srv");
        await().until(() -> creates().size() == 3);
        raw.put(B);
        raw.put(Instance.of("other.srv", "10.0.0.9", 8080).withId("o"));
        seen.awaitInstance("b");
        other.awaitInstance("o");
        assertThat(creates()).hasSize(3);
        assertThat(creates().get(1).getKey()).isEqualTo(creates().get(2).getKey());
    }

    // --- tokens ---

    @Test
    void a_watch_refused_for_an_old_token_costs_one_authentication_and_a_new_stream_and_a_second_refusal_is_real() {
        consumer = connectAsReader();
        SnapshotRecorder seen = following();
        record("second.srv").await(snapshot -> snapshot.freshness() == Freshness.LIVE);
        await().until(() -> stream().ids().size() == 2);
        WatchStream old = stream();
        int before = creates().size();
        int authentications = authentications();
        awaitOld();
        etcd.forgetTokens();
        List<SnapshotRecorder> more = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            more.add(record("more" + i + ".srv"));
        }
        more.forEach(one -> one.await(snapshot -> snapshot.freshness() == Freshness.LIVE));
        await().until(() -> etcd.watchStreams().size() == 1 && stream().ids().size() == 7);
        assertThat(stream()).isNotSameAs(old);
        assertThat(authentications() - authentications).isEqualTo(1);
        assertThat(creates().size() - before).isLessThanOrEqualTo(12);
        assertThat(creates().stream().skip(before))
                .extracting(WatchCreateRequest::getStartRevision)
                .containsOnly(etcd.revision() + 1);
        assertThat(lists()).isEqualTo(7);

        WatchScript refusesOne = create -> {
            boolean meant = create.request().getKey().toStringUtf8().contains("denied");
            (meant ? WatchScript.refuse("etcdserver: permission denied") : WatchScript.asUsual()).run(create);
        };
        for (int i = 0; i < 100; i++) {
            etcd.nextWatch(refusesOne);
        }
        ServiceView denied = consumer.service("denied.srv");
        await().until(() -> denied.snapshot().freshness() == Freshness.STALE
                && consumer.health().problems().toString().contains("permission denied"));
        put(B);
        seen.awaitInstance("b");
        assertThat(authentications() - authentications).isEqualTo(1);
        assertThat(lists()).isEqualTo(8);
        seen.assertNeverLost("a");
    }

    private int authentications() {
        return etcd.received("Authenticate").size();
    }

    /** Until token and stream are older than what counts as fresh. */
    private static void awaitOld() {
        long start = System.nanoTime();
        await().atMost(Duration.ofSeconds(10)).until(() -> System.nanoTime() - start > 4_100_000_000L);
    }

    // --- how a list is read ---

    @Test
    void the_first_page_is_linearizable_and_the_others_are_pinned_to_its_revision() {
        raw.put(B);
        raw.put(C);
        long revision = raw.put(D);
        consumer = connect("?page-size=2");
        int before = ranges().size();
        record(SERVICE).awaitSize(4);
        List<RangeRequest> pages = ranges().subList(before, before + 2);
        assertThat(pages).extracting(RangeRequest::getRevision).containsExactly(0L, revision);
        assertThat(pages).extracting(RangeRequest::getSerializable).containsExactly(false, true);
        assertThat(pages).extracting(RangeRequest::getLimit).containsOnly(2L);
    }

    @Test
    void a_page_that_a_lagging_member_does_not_have_yet_is_asked_for_linearizably() {
        raw.put(B);
        long revision = raw.put(C);
        consumer = connect("?page-size=2");
        assertThat(consumer.lookup(SERVICE).size()).isEqualTo(3); // connected
        int before = ranges().size();
        etcd.next("Range", CallScript.asUsual());
        etcd.next(
                "Range",
                CallScript.failWith(io.grpc.Status.OUT_OF_RANGE.withDescription(
                        "etcdserver: mvcc: required revision is a future revision")));
        record(SERVICE).awaitSize(3);
        List<RangeRequest> pages = ranges().subList(before, before + 3);
        assertThat(pages).extracting(RangeRequest::getRevision).containsExactly(0L, revision, revision);
        assertThat(pages).extracting(RangeRequest::getSerializable).containsExactly(false, true, false);
    }

    @Test
    void a_page_that_is_too_large_to_be_received_is_read_in_smaller_ones() {
        raw.put(B);
        raw.put(C);
        assertThat(consumer.lookup(SERVICE).size()).isEqualTo(3);
        int before = ranges().size();
        etcd.next(
                "Range",
                CallScript.failWith(io.grpc.Status.RESOURCE_EXHAUSTED.withDescription(
                        "gRPC message exceeds maximum size 67108864: 200000000")));
        record(SERVICE).awaitSize(3);
        assertThat(ranges().subList(before, before + 2))
                .extracting(RangeRequest::getLimit)
                .containsExactly(5_000L, 2_500L);
        assertThat(lists()).isEqualTo(1);
    }

    @Test
    void a_list_whose_revision_is_compacted_away_between_two_pages_begins_again() {
        raw.put(B);
        raw.put(C);
        consumer = connect("?page-size=2");
        assertThat(consumer.lookup(SERVICE).size()).isEqualTo(3);
        etcd.next("Range", call -> {
            call.answer();
            put(D);
            etcd.compact(etcd.revision());
        });
        SnapshotRecorder seen = record(SERVICE).awaitSize(4);
        assertThat(seen.polled()).allMatch(snapshot -> snapshot.size() == 0 || snapshot.size() == 4);
    }
}
