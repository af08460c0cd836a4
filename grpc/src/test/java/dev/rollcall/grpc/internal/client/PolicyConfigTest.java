package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Ejection;
import io.grpc.NameResolver.ConfigOrError;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyConfigTest {
    private static void assertRefused(Map<String, ?> json, String message) {
        ConfigOrError parsed = new RollcallLoadBalancerProvider().parseLoadBalancingPolicyConfig(json);
        assertThat(parsed.getError()).isNotNull();
        assertThat(parsed.getError().getDescription()).isEqualTo("policy rollcall: " + message);
    }

    @Test
    void everything_may_be_left_out() {
        assertThat(PolicyConfig.parse(Map.of())).isEqualTo(PolicyConfig.DEFAULT);
    }

    @Test
    void everything_may_be_said() {
        assertThat(PolicyConfig.parse(Map.of(
                        "strategy",
                        "least_request",
                        "zone",
                        "a",
                        "ejection",
                        Map.of("failures", 3.0, "base", "5s", "longest", "1m", "percent", 20.0))))
                .isEqualTo(new PolicyConfig(
                        "least_request", "a", new Ejection(3, Duration.ofSeconds(5), Duration.ofMinutes(1), 20)));
        assertThat(PolicyConfig.parse(Map.of("ejection", false)).ejection()).isNull();
    }

    @Test
    void what_makes_no_sense_is_refused_and_says_what_was_expected() {
        assertRefused(
                Map.of("strategy", "best"),
                "strategy: \"best\" (expected: one of [least_request, random, round_robin, weighted])");
        assertRefused(Map.of("zones", "a"), "zones: unknown (expected: one of [ejection, strategy, zone])");
        assertRefused(Map.of("zone", 7.0), "zone: \"7.0\" (expected: a text)");
        assertRefused(Map.of("ejection", "on"), "ejection: \"on\" (expected: an object, true or false)");
        assertRefused(
                Map.of("ejection", Map.of("percent", 1.5)), "ejection.percent: \"1.5\" (expected: a whole number)");
        assertRefused(Map.of("ejection", Map.of("failures", 0.0)), "failures: 0 (expected: >= 1)");
        assertRefused(
                Map.of("ejection", Map.of("time", "1s")),
                "ejection.time: unknown (expected: one of [base, failures, longest, percent])");
    }
}
