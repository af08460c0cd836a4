package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Strategies that look at calls in flight and at zones. */
class LoadTest {
    private static final Instance NEAR = Some.instance("near").withMetadata("zone", "a");
    private static final Instance FAR = Some.instance("far").withMetadata("zone", "b");
    private static final Instance NOWHERE = Some.instance("nowhere");

    private static void start(Balancer balancer, Instance instance, int calls) {
        for (int i = 0; i < calls; i++) {
            balancer.started(instance);
        }
    }

    private static Set<Instance> picked(Balancer balancer, Candidates candidates) {
        Set<Instance> picked = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            picked.add(balancer.pick(candidates));
        }
        return picked;
    }

    @Test
    void of_two_the_one_with_fewer_calls_in_flight_is_taken() {
        Balancer balancer = Strategy.leastRequest().balancer();
        Candidates two = Candidates.of(List.of(NEAR, FAR));
        assertThat(picked(balancer, two)).containsExactlyInAnyOrder(NEAR, FAR);

        start(balancer, NEAR, 2);
        start(balancer, FAR, 1);
        assertThat(picked(balancer, two)).containsExactly(FAR);

        balancer.ended(NEAR, Outcome.ANSWERED);
        balancer.ended(NEAR, Outcome.ABANDONED);
        assertThat(picked(balancer, two)).containsExactly(NEAR);
    }

    @Test
    void the_busiest_of_many_is_never_taken() {
        Balancer balancer = Strategy.leastRequest().balancer();
        Candidates three = Candidates.of(List.of(NEAR, FAR, NOWHERE));
        start(balancer, FAR, 1);
        assertThat(picked(balancer, three)).containsExactlyInAnyOrder(NEAR, NOWHERE);
    }

    @Test
    void calls_in_flight_stay_with_an_instance_that_was_updated() {
        Balancer balancer = Strategy.leastRequest().balancer();
        start(balancer, NEAR, 1);
        Instance updated = NEAR.withMetadata("weight", "7");
        assertThat(picked(balancer, Candidates.of(List.of(updated, FAR)))).containsExactly(FAR);
    }

    @Test
    void the_own_zone_comes_first() {
        Balancer balancer = Strategy.random().zoneFirst("a").balancer();
        assertThat(picked(balancer, Candidates.of(List.of(NOWHERE, NEAR, FAR)))).containsExactly(NEAR);
    }

    @Test
    void calls_go_elsewhere_when_the_zone_has_nobody() {
        Balancer balancer = Strategy.random().zoneFirst("c").balancer();
        assertThat(picked(balancer, Candidates.of(List.of(NOWHERE, NEAR, FAR))))
                .containsExactlyInAnyOrder(NOWHERE, NEAR, FAR);
    }

    @Test
    void calls_overflow_to_other_zones_when_the_own_is_too_busy() {
        Balancer balancer = Strategy.random().zoneFirst("a").balancer();
        Candidates two = Candidates.of(List.of(NEAR, FAR));
        start(balancer, NEAR, 10);
        assertThat(picked(balancer, two)).containsExactly(NEAR);
        start(balancer, NEAR, 1);
        assertThat(picked(balancer, two)).containsExactly(FAR);
        start(balancer, FAR, 1);
        assertThat(picked(balancer, two))
                .as("11 are no more than 10 and twice 1")
                .containsExactly(NEAR);
    }

    @Test
    void a_zone_of_which_all_failed_overflows_as_far_as_the_percentage_allows() {
        Balancer balancer = Strategy.random()
                .zoneFirst("a")
                .ejecting(Ejection.DEFAULT.withFailures(1))
                .balancer();
        balancer.started(NEAR);
        balancer.ended(NEAR, Outcome.FAILED);
        assertThat(picked(balancer, Candidates.of(List.of(NEAR, FAR)))).containsExactly(FAR);
    }

    @Test
    void nothing_is_kept_of_instances_that_have_no_call_in_flight() {
        InFlight inFlight = new InFlight();
        inFlight.started(NEAR);
        inFlight.ended(NEAR);
        inFlight.ended(NEAR);
        assertThat(inFlight.of(NEAR)).isZero();
        inFlight.started(NEAR);
        assertThat(inFlight.of(NEAR)).isEqualTo(1);
    }
}
