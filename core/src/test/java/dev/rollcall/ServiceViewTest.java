package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rollcall.NoInstanceException.Reason;
import dev.rollcall.spi.ServiceFeed;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ServiceViewTest {
    private final AtomicInteger unused = new AtomicInteger();
    private final ServiceFeed feed =
            new ServiceFeed(Some.SERVICE, Runnable::run, EventListener.NONE, unused::incrementAndGet);
    private final ServiceView view = ServiceView.over(Objects.requireNonNull(feed.subscribe(SnapshotListener.NONE)));

    private final Instance a = Some.instance("a").withMetadata("zone", "north");
    private final Instance b = Some.instance("b").withMetadata("zone", "south");
    private long revision;

    private void publish(Instance... instances) {
        feed.publish(Some.snapshot(++revision, instances), List.of());
    }

    private static NoInstanceException nothing(ServiceView view) {
        return Objects.requireNonNull(catchThrowableOfType(NoInstanceException.class, view::pick));
    }

    @Test
    void picks_what_was_published_last() {
        publish(a);
        assertThat(view.pick()).isSameAs(a);
        publish(b);
        assertThat(view.pick()).isSameAs(b);
        assertThat(view.snapshot().instances()).containsExactly(b);
        assertThat(view.service()).isEqualTo(Some.SERVICE);
    }

    @Test
    void a_view_that_heard_nothing_yet_says_so() {
        NoInstanceException thrown = nothing(view);
        assertThat(thrown.reason()).isEqualTo(Reason.COLD);
        assertThat(thrown.service()).isEqualTo(Some.SERVICE);
        assertThat(thrown)
                .hasMessage("nothing is known of \"hello.srv.say\" yet: the registry has not answered")
                .hasNoCause();
    }

    @Test
    void a_view_that_heard_nothing_yet_names_the_cause() {
        UnavailableException refused = new UnavailableException("10.0.0.1:2379 refused the connection");
        feed.problem(refused);
        assertThat(nothing(view))
                .hasMessage("nothing is known of \"hello.srv.say\" yet: the registry has not answered: "
                        + "10.0.0.1:2379 refused the connection")
                .hasCause(refused);
    }

    @Test
    void a_service_without_instances_says_so() {
        publish();
        NoInstanceException thrown = nothing(view);
        assertThat(thrown.reason()).isEqualTo(Reason.EMPTY);
        assertThat(thrown).hasMessage("no instance of \"hello.srv.say\" is registered");
    }

    @Test
    void a_filter_that_takes_none_says_so() {
        publish(a, b);
        NoInstanceException thrown = nothing(view.where(Filter.zone("east")));
        assertThat(thrown.reason()).isEqualTo(Reason.FILTERED);
        assertThat(thrown).hasMessage("the filter takes none of the 2 instances of \"hello.srv.say\"");
    }

    @Test
    void an_empty_view_says_how_old_its_news_are() {
        publish();
        feed.publish(feed.current().stale(System.nanoTime() - TimeUnit.SECONDS.toNanos(90)), List.of());
        assertThat(nothing(view))
                .hasMessage("no instance of \"hello.srv.say\" is registered, as of 90s ago, when the registry was last"
                        + " heard");
    }

    @Test
    void a_stale_view_still_picks() {
        publish(a);
        feed.publish(feed.current().stale(System.nanoTime()), List.of());
        assertThat(view.pick()).isSameAs(a);
    }

    @Test
    void a_filtered_view_follows_the_changes() {
        ServiceView north = view.where(Filter.zone("north"));
        publish(a, b);
        assertThat(north.pick()).isSameAs(a);
        assertThat(north.snapshot().instances()).containsExactly(a);
        Instance moved = b.withMetadata("zone", "north");
        publish(moved);
        assertThat(north.pick()).isSameAs(moved);
    }

    @Test
    void filters_of_filters_must_both_take_it() {
        publish(a.withVersion("v1"), b.withVersion("v1"));
        ServiceView both = view.where(Filter.version("v1")).where(Filter.zone("south"));
        assertThat(both.snapshot().instances()).containsExactly(b.withVersion("v1"));
    }

    @Test
    void a_filter_is_asked_once_per_instance_and_snapshot() {
        AtomicInteger asked = new AtomicInteger();
        ServiceView counted = view.where(instance -> asked.incrementAndGet() > 0);
        publish(a, b);
        Candidates candidates = counted.snapshot().candidates();
        for (int i = 0; i < 10; i++) {
            counted.pick();
        }
        assertThat(asked).hasValue(2);
        assertThat(counted.snapshot().candidates()).isSameAs(candidates);
    }

    @Test
    void draining_instances_are_picked_only_when_nothing_else_is_left_after_the_filter() {
        Instance draining = b.withStatus(Status.DRAINING);
        publish(a, draining);
        assertThat(view.pick()).isSameAs(a);
        assertThat(view.where(Filter.zone("south")).pick()).isSameAs(draining);
    }

    @Test
    void another_strategy_chooses_otherwise() {
        publish(a, b);
        ServiceView last = view.with(() -> candidates -> candidates.at(candidates.size() - 1));
        assertThat(last.pick()).isSameAs(b);
        ServiceView turns = view.with(Strategy.roundRobin());
        assertThat(turns.pick()).isNotSameAs(turns.pick());
    }

    @Test
    void what_is_derived_keeps_the_rest() {
        publish(a, b);
        ServiceView last = view.with(() -> candidates -> candidates.at(candidates.size() - 1));
        assertThat(last.where(Filter.all()).pick()).isSameAs(b);
        assertThat(last.with(CallPolicy.DEFAULT).pick()).isSameAs(b);
        assertThat(view.where(Filter.zone("north")).with(Strategy.weighted()).pick())
                .isSameAs(a);
    }

    @Test
    void closing_a_derived_view_does_nothing() {
        publish(a);
        ServiceView derived = view.where(Filter.zone("north"));
        derived.close();
        assertThat(derived.pick()).isSameAs(a);
        assertThat(view.pick()).isSameAs(a);
        assertThat(unused).hasValue(0);
    }

    @Test
    void closing_a_view_ends_it_and_what_was_derived_from_it() {
        publish(a);
        ServiceView derived = view.where(Filter.zone("north")).with(Strategy.roundRobin());
        view.close();
        view.close();
        assertThat(unused).hasValue(1);
        assertThat(nothing(derived).reason()).isEqualTo(Reason.CLOSED);
        assertThat(nothing(view)).hasMessage("the view of \"hello.srv.say\" is closed");
        assertThat(view.snapshot().instances()).containsExactly(a);
    }

    @Test
    void await_ends_when_the_first_list_arrives() throws Exception {
        CompletableFuture<Boolean> arrived = new CompletableFuture<>();
        Thread waiting = daemon(() -> arrived.complete(view.await(Duration.ofSeconds(30))));
        assertThat(arrived).isNotDone();
        publish();
        assertThat(arrived.get(10, TimeUnit.SECONDS)).isTrue();
        waiting.join(10_000);
    }

    @Test
    void await_answers_at_once_when_there_is_a_list() {
        publish(a);
        assertThat(view.await(Duration.ZERO)).isTrue();
    }

    @Test
    void await_gives_up_in_time_and_when_the_view_is_closed() throws Exception {
        assertThat(view.await(Duration.ofMillis(1))).isFalse();
        feed.close();
        assertThat(view.await(Duration.ofDays(1_000_000))).isFalse();
    }

    @Test
    void await_leaves_an_interrupt_set() {
        Thread.currentThread().interrupt();
        assertThat(view.await(Duration.ofSeconds(30))).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void a_policy_refuses_what_makes_no_sense() {
        assertThatThrownBy(() -> CallPolicy.DEFAULT.withAttempts(0))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("attempts: 0 (expected: >= 1)");
        assertThatThrownBy(() -> CallPolicy.DEFAULT.withDeadline(Duration.ZERO))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("deadline: 0ms (expected: > 0ms)");
        assertThatThrownBy(() -> CallPolicy.DEFAULT.withDeadline(Duration.ofSeconds(-1)))
                .hasMessage("deadline: -1000ms (expected: > 0ms)");
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
