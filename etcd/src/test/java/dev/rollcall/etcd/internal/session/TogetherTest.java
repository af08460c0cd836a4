package dev.rollcall.etcd.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Address;
import dev.rollcall.DuplicateRegistrationException;
import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.SupersededException;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.Gate;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Registrations of one process that go together, where readers bear it: one transaction, one lease. */
class TogetherTest extends ScriptedTest {
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static Layout layout(String name) {
        return Layouts.of(name, null);
    }

    private static Instance instance(int number) {
        return Instance.of("svc", "10.0.0.7", 8000 + number).withId("i" + number);
    }

    private static String key(int number) {
        return "svc/10.0.0.7:" + (8000 + number);
    }

    private static List<EtcdRegistration> register(Provider provider, int count) {
        return new ArrayList<>(IntStream.range(0, count)
                .mapToObj(number -> provider.register(instance(number)))
                .toList());
    }

    private List<TxnRequest> writes() {
        return Provider.writes(etcd);
    }

    private static void assertRegistered(List<EtcdRegistration> all) {
        assertThat(all).allMatch(each -> each.state() == State.REGISTERED);
    }

    private void assertOneLease(int keys) {
        assertThat(etcd.leaseIds()).hasSize(1);
        long lease = etcd.leaseIds().iterator().next();
        for (int number = 0; number < keys; number++) {
            assertThat(etcd.get(key(number)).orElseThrow().getLease()).isEqualTo(lease);
        }
    }

    @Test
    void what_is_registered_at_one_time_is_one_transaction_under_one_lease() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).hasSize(1);
        assertOneLease(100);
        assertThat(etcd.received("LeaseKeepAlive")).hasSize(1);
        List<EtcdRegistration> more = IntStream.range(100, 110)
                .mapToObj(number -> provider.register(instance(number)))
                .toList();
        provider.pass(SECOND);
        assertRegistered(more);
        assertThat(writes()).hasSize(2);
        assertOneLease(110);
    }

    @Test
    void more_than_etcd_takes_at_once_are_as_few_transactions_as_can_be() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 300);
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).extracting(TxnRequest::getSuccessCount).containsExactly(128, 128, 44);
    }

    @Test
    void large_values_are_more_than_one_transaction() {
        Provider provider = provider(layout("rollcall"));
        List<EtcdRegistration> all = IntStream.range(0, 30)
                .mapToObj(number -> provider.register(instance(number).withMetadata("large", "x".repeat(60_000))))
                .toList();
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).allMatch(txn -> txn.getSerializedSize() < 1_500_000);
        assertThat(writes()).hasSize(2);
    }

    @Test
    void with_a_layout_whose_readers_see_one_change_of_each_revision_each_goes_alone() {
        Provider provider = provider(layout("go-kit"), layout("go-micro"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).hasSize(10).allMatch(txn -> txn.getSuccessCount() == 2);
        assertThat(etcd.leaseIds()).hasSize(10);
    }

    @Test
    void keys_that_name_their_lease_have_one_each_and_go_together_all_the_same() {
        Provider provider = provider(layout("go-zero"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(etcd.leaseIds())
                .hasSize(10)
                .allMatch(lease -> etcd.get("svc/" + lease).isPresent());
        assertThat(writes()).hasSize(1);
    }

    @Test
    void a_key_that_several_share_is_put_once() {
        Provider provider = provider(layout("rpcx"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).hasSize(1);
        assertThat(writes().get(0).getSuccessCount()).isEqualTo(12);
        assertThat(etcd.get("/rpcx/svc")).isPresent();
    }

    @Test
    void all_that_leave_at_one_time_are_one_transaction_and_the_lease_goes_with_the_last() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(SECOND);
        provider.leave(all.remove(99));
        provider.pass(MOMENT);
        assertThat(etcd.get(key(99))).isEmpty();
        assertRegistered(all);
        assertOneLease(99);

        all.forEach(provider::leave);
        provider.pass(SECOND);

        assertThat(all).allMatch(each -> each.state() == State.CLOSED);
        assertThat(writes()).hasSize(3);
        assertThat(etcd.get(key(0))).isEmpty();
        assertThat(etcd.leaseIds()).isEmpty();
    }

    @Test
    void draining_is_one_transaction_and_the_delete_another() {
        Provider provider = provider(layout("rollcall"));
        List<EtcdRegistration> all = register(provider, 50);
        provider.pass(SECOND);

        all.forEach(provider::leave);
        provider.pass(SECOND);

        assertThat(all).allMatch(each -> each.state() == State.CLOSED);
        assertThat(writes()).hasSize(3);
    }

    @Test
    void a_lease_that_is_lost_is_replaced_by_one_and_all_are_written_at_once() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(SECOND);

        etcd.expireLease(etcd.leaseIds().iterator().next());
        provider.pass(MINUTE);

        assertRegistered(all);
        assertOneLease(100);
        assertThat(etcd.revision()).isEqualTo(4); // written, gone, written
        assertThat(writes()).hasSizeLessThan(4);
        assertThat(etcd.received("LeaseGrant")).hasSize(2);
    }

    @Test
    void a_wiped_etcd_is_written_at_once() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(SECOND);

        etcd.stop();
        provider.disconnected();
        etcd.wipe();
        etcd.start();
        provider.connected();
        provider.pass(MINUTE);

        assertRegistered(all);
        assertOneLease(100);
        assertThat(etcd.revision())
                .isBetween(2L, 3L); // time may jump here while they are told that their lease is gone
    }

    @Test
    void nothing_is_written_while_nothing_changes() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(SECOND);

        all.get(0).update(instance(0).withMetadata("not", "carried"));
        etcd.stop();
        provider.disconnected();
        etcd.start();
        provider.connected();
        provider.pass(Duration.ofMinutes(2));

        assertRegistered(all);
        assertThat(writes()).hasSize(1);
    }

    @Test
    void another_living_process_supersedes_one_and_the_others_are_written_all_the_same() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);
        Gate gate = new Gate();
        etcd.next("LeaseGrant", CallScript.answerAfter(gate));
        etcd.expireLease(etcd.leaseIds().iterator().next());
        provider.pass(Duration.ofSeconds(15));
        long other = etcd.grantLease(MINUTE);
        etcd.put(key(3), "10.0.0.7:8003", other); // before they are written again
        gate.open();
        provider.pass(MINUTE);

        EtcdRegistration superseded = all.remove(3);
        assertThat(superseded.state()).isEqualTo(State.SUPERSEDED);
        assertThat(superseded.problem()).containsInstanceOf(SupersededException.class);
        assertThat(etcd.get(key(3)).orElseThrow().getLease()).isEqualTo(other);
        assertRegistered(all);
        assertThat(etcd.revision()).isEqualTo(5); // written, gone, the other's, written
    }

    @Test
    void one_that_only_reads_beside_a_write_whose_condition_fails_is_answered_as_well() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 2);
        provider.pass(MINUTE);
        etcd.put(key(0), "an operator's");
        provider.pass(Duration.ZERO); // it will be read, with what comes within a few milliseconds
        etcd.holdEvents();
        etcd.put(key(1), "another operator's");
        int answered = etcd.received("Txn").size();
        all.get(1).update(instance(1).withAddress(new Address("10.0.0.8", 8001)));
        provider.pass(MOMENT);

        TxnRequest together = (TxnRequest) etcd.received("Txn").get(answered).request();
        assertThat(together.getCompareCount()).isPositive();
        assertThat(together.getSuccessList()).anyMatch(op -> op.hasRequestRange());
        etcd.releaseEvents();
        provider.pass(MINUTE);
        assertRegistered(all);
        assertThat(etcd.get(key(0)).orElseThrow().getLease()).isNotZero();
        assertThat(provider.counter("bugs")).isZero();
    }

    @Test
    void what_etcd_refuses_together_is_tried_alone() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 10);
        etcd.next(
                "Txn",
                CallScript.failWith(
                        Status.INVALID_ARGUMENT.withDescription("etcdserver: too many operations in txn request")));
        provider.pass(SECOND);

        assertRegistered(all);
        assertThat(writes()).hasSize(11);
    }

    @Test
    void one_that_may_not_be_written_keeps_no_other_from_it() {
        Provider provider = provider(layout("go-kit"));
        etcd.always("Txn", call -> {
            boolean denied = ((TxnRequest) call.request())
                    .getSuccessList().stream()
                            .anyMatch(op ->
                                    op.getRequestPut().getKey().toStringUtf8().equals(key(3)));
            if (denied) {
                call.fail(Status.PERMISSION_DENIED.withDescription("etcdserver: permission denied"));
            } else {
                call.answer();
            }
        });
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(MINUTE);

        assertThat(all.remove(3).state()).isEqualTo(State.REGISTERING);
        assertRegistered(all);
    }

    @Test
    void a_write_whose_answer_is_lost_is_read_back_and_not_repeated() {
        Provider provider = provider(layout("go-kit"));
        etcd.next("Txn", CallScript.applyThenFail(Status.DEADLINE_EXCEEDED));
        List<EtcdRegistration> all = register(provider, 100);
        provider.pass(MINUTE);

        assertRegistered(all);
        assertThat(writes()).hasSize(1);
    }

    @Test
    void a_lease_that_another_program_took_is_left_to_it() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);
        long lease = etcd.leaseIds().iterator().next();
        for (int times = 0; times < 2; times++) {
            etcd.put(key(3), "another's", lease);
            provider.pass(SECOND);
        }
        assertThat(all.remove(3).state()).isEqualTo(State.SUPERSEDED);

        all.forEach(provider::leave);
        provider.pass(SECOND);

        assertThat(all).allMatch(each -> each.state() == State.CLOSED);
        assertThat(etcd.get(key(3))).isPresent();
        assertThat(etcd.leaseIds()).containsExactly(lease);
    }

    @Test
    void what_one_leaves_behind_while_etcd_is_away_ends_with_the_lease_that_the_others_leave() {
        Provider provider = provider(layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);
        long lease = etcd.leaseIds().iterator().next();
        etcd.stop();
        provider.disconnected();
        EtcdRegistration left = all.remove(9);
        provider.leave(left);
        provider.pass(Duration.ofSeconds(4));
        assertThat(left.state()).isEqualTo(State.CLOSED);
        etcd.start();
        provider.connected();
        provider.pass(SECOND);

        assertRegistered(all);
        int keepalives = keepalives(lease);
        provider.pass(MINUTE);
        assertThat(keepalives(lease)).isEqualTo(keepalives);
        etcd.expireLease(lease);
        assertThat(etcd.get(key(9))).isEmpty();
        assertRegistered(all);
        assertOneLease(9);
    }

    @Test
    void a_put_that_applies_after_the_close_finds_no_lease() {
        Provider provider = provider(Duration.ofMillis(500), layout("go-kit"));
        List<EtcdRegistration> all = register(provider, 10);
        provider.pass(SECOND);
        long lease = etcd.leaseIds().iterator().next();
        Gate gate = new Gate();
        etcd.next("Txn", CallScript.applyAfter(gate));
        EtcdRegistration late = provider.register(instance(10));
        provider.pass(MOMENT);
        provider.leave(late);
        await().until(
                        () -> { // the deadline of a call is in real time
                            provider.pass(MOMENT);
                            return late.state() == State.CLOSED;
                        });
        provider.pass(MINUTE);
        etcd.expireLease(lease);
        gate.open();

        assertThat(etcd.get(key(10))).isEmpty();
        assertRegistered(all);
        assertOneLease(10);
    }

    private int keepalives(long lease) {
        return (int) etcd.received("LeaseKeepAlive").stream()
                .filter(one -> ((LeaseKeepAliveRequest) one.request()).getID() == lease)
                .count();
    }

    @Test
    void one_that_moves_away_and_one_that_takes_its_place_do_not_mistake_each_others_key() {
        Provider provider = provider(layout("go-kit"));
        EtcdRegistration one = provider.registered(instance(1));

        one.update(instance(1).withAddress(new Address("10.0.0.8", 80))); // not at once after the last write
        EtcdRegistration two =
                provider.registered(instance(2).withAddress(instance(1).address()));
        provider.pass(MINUTE);

        assertRegistered(List.of(one, two));
        assertThat(etcd.get("svc/10.0.0.8:80")).isPresent();
        assertThat(etcd.get(key(1)).orElseThrow().getVersion()).isEqualTo(2); // never deleted
    }

    @Test
    void an_address_stands_but_once_where_readers_know_nothing_else() {
        for (String name : List.of("go-kit", "go-kit-id", "go-kit-crc32", "go-zero", "coredns")) {
            Provider provider = provider(layout(name));
            provider.registered(instance(1));

            assertThatThrownBy(() -> provider.register(instance(1).withId("other")))
                    .isInstanceOf(DuplicateRegistrationException.class)
                    .hasMessage("registration: \"svc\" \"other\" has the address of \"i1\", already registered by this "
                            + "process, at 10.0.0.7:8001 (expected: an address of its own, by which alone readers of layout "
                            + name + " know an instance)");
            EtcdRegistration two = provider.registered(instance(2));
            assertThatThrownBy(
                            () -> two.update(instance(2).withAddress(instance(1).address())))
                    .isInstanceOf(DuplicateRegistrationException.class);
            provider.registered(Instance.of("another", "10.0.0.7", 8001).withId("i1"));
        }
        Provider provider = provider(layout("rollcall"));
        provider.registered(instance(1));
        provider.registered(instance(1).withId("other"));
    }
}
