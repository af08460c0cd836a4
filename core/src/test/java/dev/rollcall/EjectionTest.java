package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EjectionTest {
    private static final Ejection THREE = new Ejection(3, Duration.ofSeconds(10), Duration.ofSeconds(30), 50);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final EjectingBalancer balancer =
            new EjectingBalancer(Strategy.roundRobin().balancer(), THREE, nanos::get, most -> most);

    private final Candidates four = Candidates.of(Some.instances("a", "b", "c", "d"));

    private void ended(String id, Outcome outcome, int times) {
        for (int i = 0; i < times; i++) {
            balancer.started(Some.instance(id));
            balancer.ended(Some.instance(id), outcome);
        }
    }

    private Set<String> picked(Candidates candidates) {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 4 * candidates.size(); i++) {
            ids.add(balancer.pick(candidates).id());
        }
        return ids;
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void failures_in_a_row_put_an_instance_out() {
        ended("a", Outcome.FAILED, 2);
        assertThat(picked(four)).contains("a");
        ended("a", Outcome.FAILED, 1);
        assertThat(picked(four)).containsExactlyInAnyOrder("b", "c", "d");
    }

    @Test
    void an_answer_in_between_starts_the_count_anew_and_an_abandoned_call_does_not() {
        ended("a", Outcome.FAILED, 2);
        ended("a", Outcome.ANSWERED, 1);
        ended("a", Outcome.FAILED, 2);
        ended("b", Outcome.FAILED, 2);
        ended("b", Outcome.ABANDONED, 5);
        ended("b", Outcome.FAILED, 1);
        assertThat(picked(four)).containsExactlyInAnyOrder("a", "c", "d");
    }

    @Test
    void it_returns_when_its_time_is_over_and_each_time_out_is_longer_up_to_a_limit() {
        ended("a", Outcome.FAILED, 3);
        for (int seconds : List.of(10, 20, 30, 30)) {
            pass(Duration.ofSeconds(seconds).minusNanos(1));
            assertThat(picked(four)).as("before %s s", seconds).doesNotContain("a");
            pass(Duration.ofNanos(1));
            assertThat(picked(four)).as("after %s s", seconds).contains("a");
            ended("a", Outcome.FAILED, 1); // it is back on trial
        }
    }

    @Test
    void after_its_return_one_answer_gives_it_back_its_patience() {
        ended("a", Outcome.FAILED, 3);
        pass(Duration.ofSeconds(10));
        ended("a", Outcome.ANSWERED, 1);
        ended("a", Outcome.FAILED, 2);
        assertThat(picked(four)).contains("a");
        ended("a", Outcome.FAILED, 1);
        pass(Duration.ofSeconds(10));
        assertThat(picked(four)).as("it was out before, so this time is longer").doesNotContain("a");
    }

    @Test
    void who_is_well_for_long_is_forgiven() {
        ended("a", Outcome.FAILED, 3);
        pass(Duration.ofSeconds(30));
        ended("a", Outcome.ANSWERED, 1);
        ended("a", Outcome.FAILED, 3);
        pass(Duration.ofSeconds(10));
        assertThat(picked(four)).contains("a");
    }

    @Test
    void calls_from_before_it_was_put_out_do_not_count() {
        ended("a", Outcome.FAILED, 20);
        pass(Duration.ofSeconds(10));
        assertThat(picked(four)).contains("a");
    }

    @Test
    void never_more_than_the_percentage_are_out_and_never_all() {
        for (String id : List.of("a", "b", "c", "d")) {
            ended(id, Outcome.FAILED, 3);
        }
        assertThat(picked(four)).hasSize(2);
        assertThat(picked(Candidates.of(Some.instances("a", "b")))).hasSize(1);
        assertThat(picked(Candidates.of(Some.instances("a")))).containsExactly("a");
    }

    @Test
    void the_others_share_the_calls_as_the_strategy_says() {
        ended("a", Outcome.FAILED, 3);
        Instance first = balancer.pick(four);
        Instance second = balancer.pick(four);
        Instance third = balancer.pick(four);
        assertThat(Set.of(first.id(), second.id(), third.id())).containsExactlyInAnyOrder("b", "c", "d");
        assertThat(balancer.pick(four)).isSameAs(first);
    }

    @Test
    void a_call_through_a_view_that_keeps_failing_on_an_instance_avoids_it() {
        try (MemoryRegistry registry = MemoryRegistry.open("")) {
            registry.register(Some.instance("bad")).await(Duration.ofSeconds(5));
            registry.register(Some.instance("good")).await(Duration.ofSeconds(5));
            Subscription subscription = registry.watch(Some.SERVICE, SnapshotListener.NONE);
            subscription.await(Duration.ofSeconds(5));
            ServiceView view =
                    ServiceView.over(subscription).with(Strategy.roundRobin().ejecting(THREE));

            int[] bad = {0};
            for (int i = 0; i < 40; i++) {
                view.call(instance -> {
                    if (instance.id().equals("bad")) {
                        bad[0]++;
                        throw new IllegalStateException("full");
                    }
                    return instance;
                });
            }
            assertThat(bad[0]).isEqualTo(3);
        }
    }

    @Test
    void an_error_that_every_instance_would_give_puts_nobody_out() {
        try (MemoryRegistry registry = MemoryRegistry.open("")) {
            registry.register(Some.instance("a")).await(Duration.ofSeconds(5));
            registry.register(Some.instance("b")).await(Duration.ofSeconds(5));
            Subscription subscription = registry.watch(Some.SERVICE, SnapshotListener.NONE);
            subscription.await(Duration.ofSeconds(5));
            ServiceView view = ServiceView.over(subscription)
                    .with(Strategy.roundRobin().ejecting(THREE))
                    .with(CallPolicy.DEFAULT.withFinal(thrown -> true));

            Set<String> called = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                boolean late = i >= 10;
                assertThatThrownBy(() -> view.call(instance -> {
                            if (late) {
                                called.add(instance.id());
                            }
                            throw new IllegalArgumentException("wrong password");
                        }))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThat(called).containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void settings_that_make_no_sense_are_refused() {
        assertThatThrownBy(() -> Ejection.DEFAULT.withFailures(0)).hasMessage("failures: 0 (expected: >= 1)");
        assertThatThrownBy(() -> Ejection.DEFAULT.withPercent(100)).hasMessage("percent: 100 (expected: 1 to 99)");
        assertThatThrownBy(() -> Ejection.DEFAULT.withBase(Duration.ZERO)).hasMessage("base: 0ms (expected: > 0ms)");
        assertThatThrownBy(() -> Ejection.DEFAULT.withLongest(Duration.ofSeconds(1)))
                .hasMessage("longest: 1000ms (expected: from base, 10000ms, to 24h)");
    }
}
