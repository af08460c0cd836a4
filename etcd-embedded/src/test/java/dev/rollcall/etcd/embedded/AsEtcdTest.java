package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareResult;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.Event;
import dev.rollcall.etcd.api.Event.EventType;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeRequest.SortTarget;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchCreateRequest.FilterType;
import dev.rollcall.etcd.api.WatchResponse;
import dev.rollcall.testing.EtcdProcess;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What an imitation of etcd gets wrong most often, asked of the embedded one and of a real one. */
class AsEtcdTest {
    /** The embedded etcd. */
    @Nested
    class Embedded extends Cases {
        private static EmbeddedEtcd etcd;

        @BeforeAll
        static void start() {
            etcd = EmbeddedEtcd.start();
        }

        @AfterAll
        static void stop() {
            etcd.close();
        }

        @Override
        String endpoint() {
            return etcd.endpoint();
        }
    }

    /** Proves that the questions are put rightly. */
    @Nested
    class Real extends Cases {
        private static EtcdProcess etcd;

        @BeforeAll
        static void start() {
            etcd = EtcdProcess.launch();
        }

        @AfterAll
        static void stop() {
            etcd.close();
        }

        @Override
        String endpoint() {
            return etcd.endpoint();
        }
    }

    abstract static class Cases {
        private Peer peer;
        private WatchLog watch;

        abstract String endpoint();

        @BeforeEach
        void connect() {
            peer = Peer.at(endpoint());
            peer.kv()
                    .deleteRange(DeleteRangeRequest.newBuilder()
                            .setKey(bytes("\0"))
                            .setRangeEnd(bytes("\0"))
                            .build());
            watch = WatchLog.open(peer);
        }

        @AfterEach
        void disconnect() {
            watch.close();
            peer.close();
        }

        @Test
        void conditions_of_nested_transactions_see_the_state_before_the_whole_transaction() {
            peer.put("k", "old");
            TxnRequest inner = TxnRequest.newBuilder()
                    .addCompare(value("k", "old"))
                    .addSuccess(range("k"))
                    .build();

            TxnResponse answer = peer.kv()
                    .txn(TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
                            .addSuccess(put("k", "new"))
                            .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
                            .addSuccess(range("k"))
                            .build());

            assertThat(answer.getResponses(0).getResponseTxn().getSucceeded()).isTrue();
            assertThat(answer.getResponses(2).getResponseTxn().getSucceeded()).isTrue();
        }

        @Test
        void ranges_inside_a_transaction_see_the_puts_before_them() {
            peer.put("k", "old");
            TxnRequest inner = TxnRequest.newBuilder().addSuccess(range("k")).build();

            TxnResponse answer = peer.kv()
                    .txn(TxnRequest.newBuilder()
                            .addSuccess(range("k"))
                            .addSuccess(put("k", "new"))
                            .addSuccess(range("k"))
                            .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
                            .build());

            assertThat(only(answer.getResponses(0).getResponseRange()).getValue())
                    .isEqualTo(bytes("old"));
            assertThat(only(answer.getResponses(2).getResponseRange()).getValue())
                    .isEqualTo(bytes("new"));
            assertThat(only(answer.getResponses(3)
                                    .getResponseTxn()
                                    .getResponses(0)
                                    .getResponseRange())
                            .getValue())
                    .isEqualTo(bytes("new"));
        }

        @Test
        void the_compacted_revision_itself_can_be_read_and_those_below_cannot() {
            long first = peer.put("k", "1");
            long second = peer.put("k", "2");
            peer.put("k", "3");
            peer.compact(second);

            assertThat(only(peer.kv().range(at("k", second))).getValue()).isEqualTo(bytes("2"));
            assertThatThrownBy(() -> peer.kv().range(at("k", first)))
                    .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
            assertThatThrownBy(() -> peer.compact(second))
                    .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
            assertThatThrownBy(() -> peer.compact(peer.revision() + 1))
                    .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");
        }

        @Test
        void the_compacted_revision_itself_can_be_watched() {
            peer.put("k", "1");
            long second = peer.put("k", "2");
            long third = peer.put("k", "3");
            peer.compact(second);
            watch.create("k", second);

            assertThat(watch.awaitEvents(2))
                    .extracting(event -> event.getKv().getModRevision())
                    .containsExactly(second, third);
        }

        @Test
        void a_watch_below_the_compacted_revision_is_created_then_cancelled_with_header_revision_0() {
            long first = peer.put("k", "1");
            long second = peer.put("k", "2");
            peer.compact(second);
            watch.create("k", first);

            WatchResponse end = watch.await(WatchResponse::getCanceled);
            assertThat(end.getHeader().getRevision()).isZero();
            assertThat(end.getCompactRevision()).isEqualTo(second);
            assertThat(end.getCreated()).isFalse();
            assertThat(watch.responses().get(0).getCreated()).isTrue();
        }

        @Test
        void the_time_to_live_of_an_unknown_lease_is_minus_one_without_an_error() {
            LeaseTimeToLiveResponse answer = peer.lease()
                    .leaseTimeToLive(
                            LeaseTimeToLiveRequest.newBuilder().setID(4711).build());

            assertThat(answer.getTTL()).isEqualTo(-1);
            assertThat(answer.getGrantedTTL()).isZero();
            assertThat(answer.getID()).isEqualTo(4711);
        }

        @Test
        void a_deletion_of_nothing_a_grant_and_an_empty_revoke_do_not_raise_the_revision() {
            long revision = peer.put("k", "1");

            assertThat(peer.delete("nothing")).isEqualTo(revision);
            long lease = peer.grant(0, 1000);
            peer.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
            assertThat(peer.revision()).isEqualTo(revision);
        }

        @Test
        void a_deletion_event_has_only_the_key_and_its_revision() {
            long put = peer.put("k", "1");
            long deletion = peer.delete("k");
            watch.create("k", put);

            Event event = watch.awaitEvents(2).get(1);
            assertThat(event.getType()).isEqualTo(EventType.DELETE);
            assertThat(event.getKv())
                    .isEqualTo(KeyValue.newBuilder()
                            .setKey(bytes("k"))
                            .setModRevision(deletion)
                            .build());
            assertThat(event.hasPrevKv()).isFalse();
        }

        @Test
        void the_count_ignores_the_limit() {
            peer.put("k1", "");
            peer.put("k2", "");
            peer.put("k3", "");

            RangeResponse answer = peer.kv()
                    .range(RangeRequest.newBuilder()
                            .setKey(bytes("k"))
                            .setRangeEnd(bytes("l"))
                            .setLimit(2)
                            .build());
            assertThat(answer.getKvsCount()).isEqualTo(2);
            assertThat(answer.getCount()).isEqualTo(3);
            assertThat(answer.getMore()).isTrue();
        }

        @Test
        void no_order_on_another_target_than_the_key_is_ascending() {
            peer.put("k2", "");
            peer.put("k3", "");
            peer.put("k1", "");

            RangeResponse answer = peer.kv()
                    .range(RangeRequest.newBuilder()
                            .setKey(bytes("k"))
                            .setRangeEnd(bytes("l"))
                            .setSortTarget(SortTarget.MOD)
                            .build());
            assertThat(answer.getKvsList())
                    .extracting(KeyValue::getKey)
                    .containsExactly(bytes("k2"), bytes("k3"), bytes("k1"));
        }

        @Test
        void a_response_of_which_the_filter_leaves_nothing_is_not_sent() {
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .addFilters(FilterType.NOPUT)
                    .build());
            watch.await(WatchResponse::getCreated);
            peer.put("k", "1");
            peer.put("k", "2");
            long deletion = peer.delete("k");

            assertThat(watch.awaitEvents(1))
                    .extracting(event -> event.getKv().getModRevision())
                    .containsExactly(deletion);
            assertThat(watch.responses()).hasSize(2);
        }

        @Test
        void a_new_put_takes_the_key_off_its_old_lease() {
            long one = peer.grant(0, 1000);
            long other = peer.grant(0, 1000);
            peer.put("k", "1", one);
            peer.put("k", "2", other);
            peer.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(one).build());
            assertThat(peer.get("k")).isEqualTo("2");

            peer.put("k", "3");
            peer.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(other).build());
            assertThat(peer.get("k")).isEqualTo("3");
        }

        @Test
        void revoking_a_lease_deletes_all_its_keys_in_one_revision() {
            long lease = peer.grant(0, 1000);
            peer.put("k2", "1", lease);
            long last = peer.put("k1", "2", lease);
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setRangeEnd(bytes("l"))
                    .setStartRevision(last + 1)
                    .build());
            peer.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());

            assertThat(watch.awaitEvents(2))
                    .extracting(event -> event.getKv().getKey().toStringUtf8() + " "
                            + (event.getKv().getModRevision() - last))
                    .containsExactly("k1 1", "k2 1");
        }

        @Test
        void a_lease_id_in_use_cannot_be_granted_again() {
            long lease = peer.grant(0, 1000);
            assertThatThrownBy(() -> peer.grant(lease, 1000))
                    .hasMessage("FAILED_PRECONDITION: etcdserver: lease already exists");
            assertThatThrownBy(() -> peer.put("k", "1", lease + 1))
                    .hasMessage("NOT_FOUND: etcdserver: requested lease not found");
        }

        @Test
        void a_request_above_the_limit_is_refused_and_one_below_it_is_not() {
            assertThatThrownBy(() -> peer.kv()
                            .put(PutRequest.newBuilder()
                                    .setKey(bytes("k"))
                                    .setValue(ByteString.copyFrom(new byte[RequestChecks.MOST_BYTES + 1]))
                                    .build()))
                    .hasMessage("INVALID_ARGUMENT: etcdserver: request is too large");
            peer.kv()
                    .put(PutRequest.newBuilder()
                            .setKey(bytes("k"))
                            .setValue(ByteString.copyFrom(new byte[RequestChecks.MOST_BYTES - 1000]))
                            .build());
        }

        @Test
        void a_watch_on_an_id_in_use_or_on_an_empty_range_is_refused_and_matches_no_request() {
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setWatchId(7)
                    .build());
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setWatchId(7)
                    .build());
            WatchResponse refused = watch.await(WatchResponse::getCanceled);
            assertThat(refused.getWatchId()).isEqualTo(-1);
            assertThat(refused.getCreated()).isTrue();
            assertThat(refused.getCancelReason()).contains("duplicate watch ID provided on the WatchStream");

            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setRangeEnd(bytes("j"))
                    .build());
            assertThat(watch.await(response -> response.getCancelReason().contains("empty"))
                            .getWatchId())
                    .isEqualTo(-1);
        }

        @Test
        void watch_ids_are_chosen_from_0_on() {
            watch.create("k", 0);
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setWatchId(1)
                    .build());
            watch.create("k", 0);
            watch.await(response -> response.getWatchId() == 2);
            assertThat(watch.responses()).extracting(WatchResponse::getWatchId).containsExactly(0L, 1L, 2L);
        }

        @Test
        void many_watchers_of_one_stream_each_get_their_own() {
            long before = peer.put("k1", "1");
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k1"))
                    .setStartRevision(before)
                    .setWatchId(1)
                    .build());
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k2"))
                    .setWatchId(2)
                    .build());
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setRangeEnd(bytes("l"))
                    .setPrevKv(true)
                    .setStartRevision(before + 2)
                    .setWatchId(3)
                    .build());
            watch.await(response -> response.getCreated() && response.getWatchId() == 3);
            peer.put("k2", "1");
            peer.put("k1", "2");
            watch.await(response -> response.getWatchId() == 3 && !response.getCreated());
            watch.await(response -> response.getWatchId() == 2 && !response.getCreated());
            watch.awaitEvents(4);

            assertThat(watch.events(1)).hasSize(2);
            assertThat(watch.events(2)).hasSize(1);
            assertThat(watch.events(3)).hasSize(1);
            assertThat(watch.events(3).get(0).getPrevKv().getValue()).isEqualTo(bytes("1"));
        }

        @Test
        void a_cancelled_watcher_gets_nothing_more_and_the_others_do() {
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setWatchId(1)
                    .build());
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setWatchId(2)
                    .build());
            watch.cancel(1);
            watch.cancel(99);
            WatchResponse cancelled = watch.await(WatchResponse::getCanceled);
            peer.put("k", "1");
            watch.awaitEvents(1);

            assertThat(cancelled.getWatchId()).isEqualTo(1);
            assertThat(cancelled.getCompactRevision()).isZero();
            assertThat(watch.events(1)).isEmpty();
            assertThat(watch.events(2)).hasSize(1);
        }

        @Test
        void a_progress_request_is_answered_for_the_whole_stream_with_the_newest_revision() {
            watch.create("k", 0);
            watch.await(WatchResponse::getCreated);
            long revision = peer.put("other", "1");
            watch.progress();

            WatchResponse progress = watch.await(response -> response.getWatchId() == -1);
            assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
            assertThat(progress.getEventsCount()).isZero();
        }

        @Test
        void what_is_too_large_for_one_response_comes_in_fragments_if_asked_for() {
            ByteString large = ByteString.copyFrom(new byte[1 << 20]);
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setRangeEnd(bytes("l"))
                    .setFragment(true)
                    .build());
            watch.await(WatchResponse::getCreated);
            long lease = peer.grant(0, 1000);
            for (int i = 0; i < 3; i++) {
                peer.kv()
                        .put(PutRequest.newBuilder()
                                .setKey(bytes("k" + i))
                                .setValue(large)
                                .setLease(lease)
                                .build());
            }
            long last = peer.revision();
            watch.create(WatchCreateRequest.newBuilder()
                    .setKey(bytes("k"))
                    .setRangeEnd(bytes("l"))
                    .setFragment(true)
                    .setPrevKv(true)
                    .setStartRevision(last + 1)
                    .setWatchId(9)
                    .build());
            peer.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
            watch.await(response -> response.getWatchId() == 9 && !response.getCreated() && !response.getFragment());

            List<WatchResponse> parts = watch.responses().stream()
                    .filter(response -> response.getWatchId() == 9 && !response.getCreated())
                    .toList();
            assertThat(parts).extracting(WatchResponse::getEventsCount).containsExactly(1, 1, 1);
            assertThat(parts).extracting(WatchResponse::getFragment).containsExactly(true, true, false);
        }

        @Test
        void a_watch_without_a_key_starts_at_the_smallest_one() {
            watch.create(
                    WatchCreateRequest.newBuilder().setRangeEnd(bytes("\0")).build());
            watch.await(WatchResponse::getCreated);
            peer.put("k", "1");
            assertThat(watch.awaitEvents(1)).hasSize(1);
        }

        @Test
        void a_client_that_has_nothing_more_to_ask_still_gets_events() {
            watch.create("k", 0);
            watch.await(WatchResponse::getCreated);
            watch.halfClose();
            peer.put("k", "1");
            assertThat(watch.awaitEvents(1)).hasSize(1);
        }

        private static KeyValue only(RangeResponse answer) {
            assertThat(answer.getKvsList()).hasSize(1);
            return answer.getKvs(0);
        }

        private static RangeRequest at(String key, long revision) {
            return RangeRequest.newBuilder()
                    .setKey(bytes(key))
                    .setRevision(revision)
                    .build();
        }

        private static RequestOp range(String key) {
            return RequestOp.newBuilder()
                    .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)))
                    .build();
        }

        private static RequestOp put(String key, String value) {
            return RequestOp.newBuilder()
                    .setRequestPut(PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)))
                    .build();
        }

        private static Compare value(String key, String value) {
            return Compare.newBuilder()
                    .setKey(bytes(key))
                    .setTarget(CompareTarget.VALUE)
                    .setResult(CompareResult.EQUAL)
                    .setValue(bytes(value))
                    .build();
        }
    }
}
