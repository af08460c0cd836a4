package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rollcall.spi.ServiceFeed;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CallTest {
    private static final Strategy FIRST = () -> candidates -> candidates.at(0);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final ServiceFeed feed = new ServiceFeed(Some.SERVICE, Runnable::run, EventListener.NONE, () -> {});
    private final ServiceView view = ServiceView.over(
            Objects.requireNonNull(feed.subscribe(SnapshotListener.NONE)), FIRST, CallPolicy.DEFAULT, nanos::get);
    private final List<String> tried = new ArrayList<>();

    private void publish(Instance... instances) {
        feed.publish(Some.snapshot(1, instances), List.of());
    }

    private void publish(String... ids) {
        publish(Some.instances(ids).toArray(new Instance[0]));
    }

    private Object failing(Instance instance) throws IOException {
        tried.add(instance.id());
        throw new IOException("broken pipe of " + instance.id());
    }

    private CallFailedException failure(ServiceView failing) {
        return Objects.requireNonNull(
                catchThrowableOfType(CallFailedException.class, () -> failing.call(this::failing)));
    }

    @Test
    void the_answer_of_the_first_instance_is_the_answer() {
        publish("a", "b");
        String answer = view.call(instance -> instance.id() + "!");
        assertThat(answer).isEqualTo("a!");
    }

    @Test
    void a_failure_moves_on_to_another_instance() {
        publish("a", "b");
        String answer = view.call(instance -> {
            tried.add(instance.id());
            if (instance.id().equals("a")) {
                throw new IllegalStateException("overloaded");
            }
            return instance.id();
        });
        assertThat(answer).isEqualTo("b");
        assertThat(tried).containsExactly("a", "b");
    }

    @Test
    void at_most_three_instances_are_tried_all_different() {
        publish("a", "b", "c", "d", "e");
        CallFailedException thrown = failure(view);
        assertThat(tried).containsExactly("a", "b", "c");
        assertThat(thrown)
                .hasMessage("call of \"hello.srv.say\" failed on 3 instances, no more are allowed: "
                        + "a at 10.0.0.7:8080: java.io.IOException: broken pipe of a; "
                        + "b at 10.0.0.7:8080: java.io.IOException: broken pipe of b; "
                        + "c at 10.0.0.7:8080: java.io.IOException: broken pipe of c");
        assertThat(thrown.service()).isEqualTo("hello.srv.say");
        assertThat(thrown.attempts())
                .extracting(attempt -> attempt.instance().id())
                .containsExactly("a", "b", "c");
        assertThat(thrown.getCause()).hasMessage("broken pipe of c");
        assertThat(thrown.getSuppressed())
                .extracting(Throwable::getMessage)
                .containsExactly("broken pipe of a", "broken pipe of b");
    }

    @Test
    void random_and_weighted_never_try_an_instance_twice() {
        for (Strategy strategy : List.of(Strategy.random(), Strategy.roundRobin(), Strategy.weighted())) {
            publish("a", "b", "c", "d");
            ServiceView four = view.with(strategy).with(CallPolicy.DEFAULT.withAttempts(4));
            for (int i = 0; i < 100; i++) {
                tried.clear();
                failure(four);
                assertThat(tried).containsExactlyInAnyOrder("a", "b", "c", "d");
            }
        }
    }

    @Test
    void the_number_of_attempts_can_be_set() {
        publish("a", "b", "c");
        assertThat(failure(view.with(CallPolicy.DEFAULT.withAttempts(1))))
                .hasMessageStartingWith("call of \"hello.srv.say\" failed on 1 instance, no more are allowed: a at ");
        assertThat(tried).containsExactly("a");
    }

    @Test
    void it_stops_when_there_is_no_other_instance() {
        publish("a", "b");
        assertThat(failure(view)).hasMessageContaining("failed on 2 instances, there is no other: ");
    }

    @Test
    void draining_and_then_suspect_instances_are_tried_when_the_best_have_failed() {
        Instance suspect = Some.instance("a");
        Instance draining = Some.instance("b").withStatus(Status.DRAINING);
        Instance up = Some.instance("c");
        Candidates all = Candidates.of(List.of(suspect, draining, up));
        feed.publish(ServiceSnapshot.live(Some.SERVICE, 1, all, Set.of(suspect), true), List.of());
        failure(view);
        assertThat(tried).containsExactly("c", "b", "a");
    }

    @Test
    void only_what_the_filter_takes_is_tried() {
        publish("a", "b", "c");
        failure(view.where(instance -> !instance.id().equals("b")));
        assertThat(tried).containsExactly("a", "c");
    }

    @Test
    void an_instance_that_left_meanwhile_is_not_tried() {
        publish("a", "b", "c");
        assertThatThrownBy(() -> view.call(instance -> {
                    publish("a", "c");
                    return failing(instance);
                }))
                .isInstanceOf(CallFailedException.class);
        assertThat(tried).containsExactly("a", "c");
    }

    @Test
    void an_instance_that_changed_meanwhile_is_not_tried_again() {
        publish("a");
        assertThatThrownBy(() -> view.call(instance -> {
                    publish(instance.withMetadata("zone", "north"));
                    return failing(instance);
                }))
                .isInstanceOf(CallFailedException.class);
        assertThat(tried).containsExactly("a");
    }

    @Test
    void the_deadline_stops_further_tries_but_not_the_running_one() throws Exception {
        publish("a", "b");
        String late = view.call(instance -> {
            nanos.addAndGet(Duration.ofHours(1).toNanos());
            return instance.id();
        });
        assertThat(late).isEqualTo("a");
        assertThatThrownBy(() -> view.call(instance -> {
                    nanos.addAndGet(Duration.ofSeconds(5).toNanos());
                    return failing(instance);
                }))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("failed on 1 instance, the deadline of 5000ms is over: ");
    }

    @Test
    void before_the_deadline_the_next_is_tried() {
        publish("a", "b");
        ServiceView hurried = view.with(CallPolicy.DEFAULT.withDeadline(Duration.ofMillis(10)));
        assertThatThrownBy(() -> hurried.call(instance -> {
                    nanos.addAndGet(Duration.ofMillis(9).toNanos());
                    return failing(instance);
                }))
                .isInstanceOf(CallFailedException.class);
        assertThat(tried).containsExactly("a", "b");
    }

    @Test
    void a_final_exception_is_thrown_as_it_is() {
        publish("a", "b");
        FileNotFoundException missing = new FileNotFoundException("no such user");
        ServiceView careful = view.with(CallPolicy.DEFAULT.withFinal(FileNotFoundException.class::isInstance));
        assertThatThrownBy(() -> careful.call(instance -> {
                    tried.add(instance.id());
                    throw missing;
                }))
                .isSameAs(missing);
        assertThat(tried).containsExactly("a");
    }

    @Test
    void a_function_that_throws_nothing_checked_needs_no_catch() {
        publish("a");
        int length = view.call(instance -> instance.id().length());
        assertThat(length).isEqualTo(1);
    }

    @Test
    void the_checked_exception_is_the_functions_own() {
        publish("a");
        try {
            view.with(CallPolicy.DEFAULT.withFinal(thrown -> true)).call(this::failing);
        } catch (IOException e) {
            assertThat(e).hasMessage("broken pipe of a");
            return;
        }
        throw new AssertionError("nothing was thrown");
    }

    @Test
    void an_error_is_thrown_as_it_is() {
        publish("a", "b");
        assertThatThrownBy(() -> view.call(instance -> {
                    tried.add(instance.id());
                    throw new LinkageError("no such method");
                }))
                .isInstanceOf(LinkageError.class);
        assertThat(tried).containsExactly("a");
    }

    @Test
    void an_interrupt_stops_it_and_stays_set() {
        publish("a", "b");
        CallFailedException thrown = catchThrowableOfType(
                CallFailedException.class,
                () -> view.call(instance -> {
                    tried.add(instance.id());
                    throw new InterruptedException("stop");
                }));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown)
                .hasMessageContaining("failed on 1 instance, interrupted: ")
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(tried).containsExactly("a");
    }

    @Test
    void a_call_on_an_empty_view_fails_at_once() {
        assertThatThrownBy(() -> view.call(this::failing)).isInstanceOf(NoInstanceException.class);
        publish(new String[0]);
        assertThatThrownBy(() -> view.call(this::failing)).isInstanceOf(NoInstanceException.class);
        assertThat(tried).isEmpty();
    }

    @Test
    void the_same_exception_thrown_twice_is_reported_once() {
        publish("a", "b");
        IllegalStateException always = new IllegalStateException("always this one");
        assertThatThrownBy(() -> view.call(instance -> {
                    throw always;
                }))
                .isInstanceOf(CallFailedException.class)
                .hasCause(always)
                .hasNoSuppressedExceptions();
    }

    @Test
    void text_from_outside_cannot_forge_lines() {
        publish(Some.instance("a\nINFO all is well"));
        assertThatThrownBy(() -> view.call(instance -> {
                    throw new IllegalStateException("first\nsecond");
                }))
                .hasMessageContaining("a\\u000aINFO all is well")
                .hasMessageContaining("first\\u000asecond");
    }

    @Test
    void closing_the_view_stops_further_tries() {
        publish("a", "b");
        assertThatThrownBy(() -> view.call(instance -> {
                    view.close();
                    return failing(instance);
                }))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("failed on 1 instance, the view was closed: ");
    }
}
