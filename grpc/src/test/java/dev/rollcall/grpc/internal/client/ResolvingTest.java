package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.NoInstanceException.Reason;
import dev.rollcall.Registration;
import dev.rollcall.grpc.ChannelArgs;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverRegistry;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResolvingTest {
    private Fleet fleet = new Fleet();

    @AfterEach
    void close() {
        fleet.close();
    }

    private static StatusRuntimeException failure(ManagedChannel channel, CallOptions options) {
        return Objects.requireNonNull(
                catchThrowableOfType(StatusRuntimeException.class, () -> Speaker.call(channel, options)));
    }

    private static NoInstanceException why(StatusRuntimeException failure) {
        assertThat(failure.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(failure.getStatus().getCause()).isInstanceOf(NoInstanceException.class);
        assertThat(failure.getStatus().toString()).doesNotContain("\tat ");
        return (NoInstanceException) Objects.requireNonNull(failure.getStatus().getCause());
    }

    @Test
    void who_joins_is_called_and_who_leaves_is_not() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        Registration first = fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Speaker.call(channel)).isEqualTo("a");

        fleet.register(b.instance());
        Fleet.awaitAnswering(channel, "a", "b");

        first.close();
        Fleet.awaitAnswering(channel, "b");
    }

    @Test
    void discovery_is_another_word_for_it() {
        fleet.register(fleet.speaker("a").instance());
        ManagedChannel channel = fleet.channel("discovery:///" + Speaker.SERVICE, builder -> builder);
        assertThat(Speaker.call(channel)).isEqualTo("a");
        assertThat(channel.authority()).isEqualTo(Speaker.SERVICE);
    }

    @Test
    void an_unknown_service_is_unavailable_and_was_never_seen() {
        StatusRuntimeException failure = failure(fleet.channel(), CallOptions.DEFAULT);
        assertThat(why(failure).reason()).isEqualTo(Reason.EMPTY);
        assertThat(failure).hasMessageContaining("\"svc.speaker\" was never seen: no instance is registered");
    }

    @Test
    void a_service_that_everybody_left_says_so() {
        Registration only = fleet.register(fleet.speaker("a").instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Speaker.call(channel)).isEqualTo("a");
        only.close();
        await().atMost(Fleet.LONG)
                .untilAsserted(() -> assertThatThrownBy(() -> Speaker.call(channel))
                        .hasMessageContaining("no instance of \"svc.speaker\" is left"));

        fleet.register(fleet.speaker("b").instance());
        Fleet.awaitAnswering(channel, "b");
    }

    @Test
    void who_waits_for_ready_waits_to_its_deadline_and_is_told_what_for() {
        StatusRuntimeException failure =
                failure(fleet.channel(), CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(4, TimeUnit.SECONDS));
        assertThat(failure.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
        assertThat(failure).hasMessageContaining("was never seen");
    }

    @Test
    void who_waits_for_ready_is_answered_when_somebody_comes() {
        ManagedChannel channel = fleet.channel();
        assertThat(failure(channel, CallOptions.DEFAULT)).hasMessageContaining("never seen");
        CompletableFuture<String> waiting =
                CompletableFuture.supplyAsync(() -> Speaker.call(channel, CallOptions.DEFAULT.withWaitForReady()));
        fleet.register(fleet.speaker("a").instance());
        assertThat(waiting).succeedsWithin(Fleet.LONG).isEqualTo("a");
    }

    @Test
    void a_registry_that_does_not_answer_in_time_is_named_as_the_cause() {
        fleet.close();
        fleet = new Fleet("100ms");
        fleet.registry().pause();
        ManagedChannel channel = fleet.channel();
        StatusRuntimeException failure = failure(channel, CallOptions.DEFAULT);
        assertThat(why(failure).reason()).isEqualTo(Reason.COLD);
        assertThat(failure)
                .hasMessageContaining("nothing is known of \"svc.speaker\" yet: the registry has not answered");

        fleet.registry().resume();
        fleet.register(fleet.speaker("a").instance());
        await().atMost(Fleet.LONG).ignoreExceptions().until(() -> Speaker.call(channel), "a"::equals);
    }

    @Test
    void the_list_stays_while_the_registry_is_away() {
        fleet.register(fleet.speaker("a").instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Speaker.call(channel)).isEqualTo("a");
        fleet.registry().pause();
        assertThat(Fleet.answering(channel)).containsExactly("a");

        ManagedChannel later = fleet.channel();
        assertThat(Speaker.call(later)).as("a channel that is made now").isEqualTo("a");
    }

    @Test
    void the_port_for_grpc_is_honoured() {
        Speaker a = fleet.speaker("a");
        Instance elsewhere = Instance.of(Speaker.SERVICE, "127.0.0.1", 1)
                .withId("a")
                .withMetadata("protocol", "mucp")
                .withMetadata("gRPC_port", Integer.toString(a.port()));
        fleet.register(elsewhere);
        assertThat(Speaker.call(fleet.channel())).isEqualTo("a");
    }

    @Test
    void host_names_are_looked_up() {
        Speaker a = fleet.speaker("a");
        fleet.register(Instance.of(Speaker.SERVICE, "localhost", a.port()).withId("a"));
        assertThat(Speaker.call(fleet.channel())).isEqualTo("a");
    }

    @Test
    void a_host_name_that_nobody_knows_hurts_only_its_instance() {
        fleet.register(Instance.of(Speaker.SERVICE, "no-such-host.invalid", 80).withId("lost"));
        ManagedChannel channel = fleet.channel();
        StatusRuntimeException failure = failure(channel, CallOptions.DEFAULT);
        assertThat(failure.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        fleet.register(fleet.speaker("a").instance());
        await().atMost(Fleet.LONG).ignoreExceptions().until(() -> Speaker.call(channel), "a"::equals);
    }

    @Test
    void instances_that_speak_mucp_are_left_out() {
        Speaker a = fleet.speaker("a");
        fleet.register(fleet.speaker("b").instance().withMetadata("protocol", "mucp"));
        ManagedChannel channel = fleet.channel();
        StatusRuntimeException failure = failure(channel, CallOptions.DEFAULT);
        assertThat(why(failure).reason()).isEqualTo(Reason.FILTERED);
        assertThat(failure).hasMessageContaining("none of the 1 instances of \"svc.speaker\" speaks gRPC");

        fleet.register(a.instance().withMetadata("protocol", "grpc"));
        Fleet.awaitAnswering(channel, "a");
    }

    @Test
    void an_idle_channel_comes_back_and_the_view_was_there_all_the_time() {
        Speaker a = fleet.speaker("a");
        fleet.register(a.instance());
        ManagedChannel channel = fleet.channel();
        assertThat(Speaker.call(channel)).isEqualTo("a");
        channel.enterIdle();
        await().atMost(Fleet.LONG).until(() -> channel.getState(false) == ConnectivityState.IDLE);
        fleet.registry().pause(); // so the list can only come from a view that was kept
        assertThat(Speaker.call(channel)).isEqualTo("a");
    }

    @Test
    void the_registry_may_bring_a_service_config() {
        Speaker a = fleet.speaker("a");
        Speaker b = fleet.speaker("b");
        Map<String, String> config =
                Map.of(ServiceConfig.METADATA, "{\"loadBalancingConfig\": [{\"pick_first\": {}}]}");
        fleet.register(a.instance().withServiceMetadata(config));
        fleet.register(b.instance());
        assertThat(Fleet.answering(fleet.channel()))
                .as("pick_first stays with one")
                .hasSize(1);
        ManagedChannel own = fleet.channel("{\"loadBalancingConfig\": [{\"round_robin\": {}}]}");
        Fleet.awaitAnswering(own, "a", "b");
    }

    @Test
    void a_service_config_in_the_registry_that_is_of_no_use_hurts_nobody() {
        for (String bad : new String[] {
            "{",
            "[]",
            "",
            "null",
            "{\"loadBalancingConfig\": 7}",
            "{\"loadBalancingConfig\": [{\"no_such_policy\": {}}]}"
        }) {
            Speaker a = fleet.speaker("a");
            Registration registration =
                    fleet.register(a.instance().withId("a " + bad.length()).withMetadata(ServiceConfig.METADATA, bad));
            ManagedChannel channel = fleet.channel();
            assertThat(Speaker.call(channel)).as(bad).isEqualTo("a");
            registration.close();
            channel.shutdownNow();
        }
    }

    @Test
    void a_service_config_of_the_program_that_is_not_one_is_refused_at_once() {
        assertThatThrownBy(() -> fleet.channel("{\"methodConfig\": "))
                .hasMessageContaining("service config of the channel");
        assertThatThrownBy(() -> fleet.channel("[]")).hasMessageContaining("expected: a JSON object");
    }

    @Test
    void a_service_config_of_the_program_that_grpc_does_not_take_is_refused_at_once() {
        assertThatThrownBy(() -> fleet.balanced("{\"strategy\": \"best\"}"))
                .hasMessageContaining("service config of the channel")
                .hasMessageContaining("strategy: \"best\" (expected: one of");
    }

    @Test
    void targets_without_a_scheme_are_still_resolved_by_dns() {
        assertThat(NameResolverRegistry.getDefaultRegistry().getDefaultScheme()).isEqualTo("dns");
    }

    @Test
    void without_the_look_up_of_service_configs_the_channel_s_own_defaults_count() {
        fleet.register(fleet.speaker("a").instance());
        fleet.register(fleet.speaker("b").instance());
        ManagedChannel first =
                fleet.channel(builder -> builder.disableServiceConfigLookUp().defaultLoadBalancingPolicy("pick_first"));
        assertThat(Fleet.answering(first)).hasSize(1);
        ManagedChannel both = fleet.channel(
                builder -> builder.disableServiceConfigLookUp().defaultLoadBalancingPolicy("round_robin"));
        Fleet.awaitAnswering(both, "a", "b");
    }

    @Test
    void a_target_that_names_a_registry_takes_no_other() {
        assertThatThrownBy(() -> fleet.channel("rollcall://127.0.0.1:2379/x", builder -> builder))
                .hasMessageContaining("names a registry, and ChannelArgs.ROLLCALL is given too");
        assertThat(ChannelArgs.ROLLCALL.toString()).isEqualTo("rollcall");
    }
}
