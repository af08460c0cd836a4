package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Status;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyTest {
    private final Fleet fleet = new Fleet();

    @AfterEach
    void close() {
        fleet.close();
    }

    private static void callAnyway(ManagedChannel channel) {
        try {
            Speaker.call(channel);
        } catch (StatusRuntimeException expected) {
            assertThat(expected.getStatus().getCode()).isNotEqualTo(io.grpc.Status.Code.OK);
        }
    }

    @Test
    void a_draining_instance_is_called_last() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        fleet.register(a.instance());
        Registration second = fleet.register(b.instance());
        ManagedChannel channel = fleet.channel();
        Fleet.awaitAnswering(channel, "a", "b");

        second.update(b.instance().withStatus(Status.DRAINING));
        Fleet.awaitAnswering(channel, "a");
        a.kill();
        Fleet.awaitAnswering(channel, "b");
        assertThat(b.connections()).isEqualTo(1);
    }

    @Test
    void a_draining_instance_is_not_called_while_others_still_connect() {
        Speaker b = fleet.speaker("b");
        fleet.register(b.instance().withStatus(Status.DRAINING));
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Fleet.answering(channel)).containsExactly("a");
    }

    @Test
    void updates_of_what_is_said_of_an_instance_open_no_connection() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        Registration first = fleet.register(a.instance());
        Registration second = fleet.register(b.instance());
        ManagedChannel channel = fleet.channel();
        Fleet.awaitAnswering(channel, "a", "b");

        for (int i = 1; i <= 200; i++) {
            first.update(a.instance().withMetadata("weight", Integer.toString(i)));
            second.update(b.instance().withVersion("v" + i).withStatus(i % 2 == 0 ? Status.UP : Status.DRAINING));
            Speaker.call(channel);
        }
        first.update(a.instance().withMetadata("weight", "0"));
        Fleet.awaitAnswering(channel, "b"); // so the last update has arrived
        assertThat(a.connections()).isEqualTo(1);
        assertThat(b.connections()).isEqualTo(1);
    }

    @Test
    void weights_are_honoured() {
        fleet.register(fleet.speaker("a").instance().withMetadata("weight", "0"));
        fleet.register(fleet.speaker("b").instance());
        ManagedChannel channel = fleet.channel();
        Fleet.awaitAnswering(channel, "b");
    }

    @Test
    void an_instance_that_returns_finds_its_connection() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        for (int i = 0; i < 5; i++) {
            Registration second = fleet.register(b.instance());
            Fleet.awaitAnswering(channel, "a", "b");
            second.close();
            Fleet.awaitAnswering(channel, "a");
        }
        assertThat(b.connections()).isEqualTo(1);
    }

    @Test
    void the_last_instance_that_leaves_and_returns_finds_its_connection() {
        Speaker a = fleet.speaker("a");
        Registration only = fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        Fleet.awaitAnswering(channel, "a");
        only.close();
        await().atMost(Fleet.LONG)
                .untilAsserted(
                        () -> assertThatThrownBy(() -> Speaker.call(channel)).hasMessageContaining("is left"));
        fleet.register(a.instance());
        await().atMost(Fleet.LONG).ignoreExceptions().until(() -> Speaker.call(channel), "a"::equals);
        assertThat(a.connections()).isEqualTo(1);
    }

    @Test
    void a_wrong_password_puts_nobody_out() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        fleet.register(fleet.speaker("b").instance());
        ManagedChannel channel = fleet.balanced("{\"strategy\": \"round_robin\"}");
        Fleet.awaitAnswering(channel, "a", "b");

        a.fail(io.grpc.Status.UNAUTHENTICATED);
        int before = a.calls();
        for (int i = 0; i < 60; i++) {
            callAnyway(channel);
        }
        assertThat(a.calls() - before).isEqualTo(30);
    }

    @Test
    void an_instance_that_keeps_failing_is_put_out_and_returns() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        fleet.register(fleet.speaker("b").instance());
        ManagedChannel channel = fleet.balanced(
                "{\"strategy\": \"round_robin\", \"ejection\": {\"failures\": 3, \"base\": \"2s\", \"longest\": \"2s\"}}");
        Fleet.awaitAnswering(channel, "a", "b");

        a.fail(io.grpc.Status.INTERNAL);
        int before = a.calls();
        for (int i = 0; i < 60; i++) {
            callAnyway(channel);
        }
        assertThat(a.calls() - before).isLessThan(30);
        a.fail(null);
        Fleet.awaitAnswering(channel, "a", "b");
        assertThat(a.connections()).isEqualTo(1);
    }

    @Test
    void ejection_can_be_switched_off() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        fleet.register(fleet.speaker("b").instance());
        ManagedChannel channel = fleet.balanced("{\"strategy\": \"round_robin\", \"ejection\": false}");
        Fleet.awaitAnswering(channel, "a", "b");
        a.fail(io.grpc.Status.UNAVAILABLE);
        int before = a.calls();
        for (int i = 0; i < 60; i++) {
            callAnyway(channel);
        }
        assertThat(a.calls() - before).isEqualTo(30);
    }

    @Test
    void the_own_zone_comes_first() {
        fleet.register(fleet.speaker("near").instance().withMetadata("zone", "a"));
        fleet.register(fleet.speaker("far").instance().withMetadata("zone", "b"));
        fleet.register(fleet.speaker("nowhere").instance());
        Fleet.awaitAnswering(fleet.balanced("{\"zone\": \"a\"}"), "near");
        Fleet.awaitAnswering(fleet.balanced("{\"zone\": \"c\"}"), "far", "near", "nowhere");
    }

    @Test
    void the_instance_with_fewer_calls_in_flight_is_called() {
        Speaker slow = fleet.speaker("slow");
        fleet.register(slow.instance());
        fleet.register(fleet.speaker("quick").instance());
        ManagedChannel channel = fleet.balanced("{\"strategy\": \"least_request\"}");
        Fleet.awaitAnswering(channel, "quick", "slow");

        CountDownLatch latch = new CountDownLatch(1);
        slow.hold(latch);
        int before = slow.calls();
        // One of these at the latest is caught by the slow one, and then it has more in flight than the other.
        List<Future<String>> held = new ArrayList<>();
        await().atMost(Fleet.LONG).until(() -> {
            held.add(ClientCalls.futureUnaryCall(
                    channel.newCall(Speaker.SAY, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS)), ""));
            return slow.calls() > before;
        });
        await().atMost(Fleet.LONG)
                .until(() -> held.stream().filter(call -> !call.isDone()).count() == slow.calls() - before);
        assertThat(Fleet.answering(channel)).containsExactly("quick");
        latch.countDown();
        slow.hold(null);
        Fleet.awaitAnswering(channel, "quick", "slow");
    }

    @Test
    void grpc_s_own_round_robin_works_on_the_resolver() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        fleet.register(a.instance());
        Registration second = fleet.register(b.instance());
        ManagedChannel channel = fleet.channel("{\"loadBalancingConfig\": [{\"round_robin\": {}}]}");
        Fleet.awaitAnswering(channel, "a", "b");
        second.update(b.instance().withStatus(Status.DRAINING));
        Fleet.awaitAnswering(channel, "a");
    }

    @Test
    void the_policy_works_within_outlier_detection() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        fleet.register(fleet.speaker("b").instance());
        fleet.register(fleet.speaker("c").instance());
        ManagedChannel channel = fleet.channel("""
                {"loadBalancingConfig": [{"outlier_detection_experimental": {
                  "interval": "0.2s", "baseEjectionTime": "3600s", "maxEjectionPercent": 50,
                  "failurePercentageEjection": {"threshold": 50, "minimumHosts": 2, "requestVolume": 5},
                  "childPolicy": [{"rollcall": {"strategy": "round_robin", "ejection": false}}]}}]}""");
        Fleet.awaitAnswering(channel, "a", "b", "c");
        a.fail(io.grpc.Status.PERMISSION_DENIED); // grpc-java counts every error
        await().atMost(Fleet.LONG).until(() -> {
            int before = a.calls();
            for (int i = 0; i < 30; i++) {
                callAnyway(channel);
            }
            return a.calls() == before;
        });
        assertThat(Fleet.answering(channel)).containsExactly("b", "c");
    }

    @Test
    void a_connection_that_cannot_be_made_moves_a_call_on() {
        Speaker gone = new Speaker("gone");
        Instance dead = gone.instance();
        gone.kill();
        fleet.register(dead);
        fleet.register(fleet.speaker("a").instance());
        assertThat(Fleet.answering(fleet.channel())).containsExactly("a");
    }

    @Test
    void a_server_that_starts_again_is_connected_to_again() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Speaker.call(channel)).isEqualTo("a");
        a.kill();
        assertThatThrownBy(() -> Speaker.call(channel)).isInstanceOf(StatusRuntimeException.class);
        try (Speaker again = new Speaker("again", a.port())) {
            assertThat(Speaker.call(channel, CallOptions.DEFAULT.withWaitForReady()))
                    .isEqualTo("again");
            assertThat(again.connections()).isEqualTo(1);
        }
    }

    @Test
    void the_policy_works_with_other_resolvers() {
        Speaker a = fleet.speaker("a");
        ManagedChannel channel = fleet.channel(
                "dns:///localhost:" + a.port(), builder -> builder.defaultLoadBalancingPolicy("rollcall"));
        assertThat(Fleet.answering(channel)).containsExactly("a");
    }

    @Test
    void calls_that_were_given_up_are_no_longer_in_flight() {
        Speaker slow = fleet.speaker("slow");
        fleet.register(slow.instance());
        fleet.register(fleet.speaker("quick").instance());
        ManagedChannel channel = fleet.balanced("{\"strategy\": \"least_request\", \"ejection\": false}");
        Fleet.awaitAnswering(channel, "quick", "slow");

        CountDownLatch latch = new CountDownLatch(1);
        slow.hold(latch);
        int before = slow.calls();
        await().atMost(Fleet.LONG).until(() -> {
            ClientCall<String, String> call = channel.newCall(Speaker.SAY, CallOptions.DEFAULT);
            ClientCalls.futureUnaryCall(call, "").cancel(true);
            try {
                Speaker.call(channel, CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.MILLISECONDS));
            } catch (StatusRuntimeException late) {
                assertThat(late.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.DEADLINE_EXCEEDED);
            }
            return slow.calls() > before;
        });
        latch.countDown();
        slow.hold(null);
        Fleet.awaitAnswering(channel, "quick", "slow");
    }
}
