package dev.rollcall.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Change;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Status;
import dev.rollcall.Subscription;
import dev.rollcall.UnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServiceFeedTest {
    private static final String SERVICE = "hello.srv.say";

    /** What a listener heard, call by call: {@code JOINED a}. */
    private static final class Heard implements SnapshotListener {
        final List<List<String>> calls = new CopyOnWriteArrayList<>();
        final AtomicReference<ServiceSnapshot> last = new AtomicReference<>();

        @Override
        public void changed(ServiceSnapshot snapshot, List<Change> changes) {
            last.set(snapshot);
            calls.add(changes.stream()
                    .map(change -> change.kind() + " " + change.instance().id())
                    .toList());
        }
    }

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger unused = new AtomicInteger();
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    /** Its callbacks run when the test says {@link #runCallbacks}. */
    private final ServiceFeed feed = new ServiceFeed(SERVICE, waiting::add, events::add, unused::incrementAndGet);

    private final Roster roster = new Roster(SERVICE);
    private final Heard heard = new Heard();
    private long revision;

    private static Instance instance(String id) {
        return Instance.of(SERVICE, "10.0.0.7", 8080).withId(id);
    }

    private void runCallbacks() {
        for (Runnable next = waiting.poll(); next != null; next = waiting.poll()) {
            next.run();
        }
    }

    private void publish(ServiceFeed to, List<Change> changes) {
        to.publish(roster.snapshot(++revision), changes);
    }

    private void put(Instance... instances) {
        List<Change> changes = new ArrayList<>();
        for (Instance instance : instances) {
            roster.put(instance.id(), instance).ifPresent(changes::add);
        }
        publish(feed, changes);
    }

    private void remove(String id) {
        publish(feed, roster.remove(id, true).stream().toList());
    }

    private Subscription subscribe(SnapshotListener listener) {
        return Objects.requireNonNull(feed.subscribe(listener));
    }

    @Test
    void the_first_call_has_everything_as_joined() {
        subscribe(heard);
        runCallbacks();
        assertThat(heard.calls).isEmpty();
        put(instance("a"), instance("b"));
        runCallbacks();
        assertThat(heard.calls).containsExactly(List.of("JOINED a", "JOINED b"));
    }

    @Test
    void a_late_subscriber_hears_everything_as_joined_too() {
        put(instance("a"), instance("b"));
        put(instance("a").withVersion("v2"));
        subscribe(heard);
        runCallbacks();
        assertThat(heard.calls).containsExactly(List.of("JOINED a", "JOINED b"));
    }

    @Test
    void the_first_call_has_what_is_there_when_it_is_made() {
        put(instance("a"));
        subscribe(heard);
        put(instance("b"));
        remove("a");
        runCallbacks();
        assertThat(heard.calls).containsExactly(List.of("JOINED b"));
    }

    @Test
    void the_first_list_is_told_even_if_it_is_empty() {
        subscribe(heard);
        publish(feed, List.of());
        runCallbacks();
        assertThat(heard.calls).containsExactly(List.of());
        publish(feed, List.of());
        runCallbacks();
        assertThat(heard.calls).hasSize(1);
    }

    @Test
    void each_change_is_told_with_its_snapshot() {
        subscribe(heard);
        put(instance("a"));
        runCallbacks();
        put(instance("a").withStatus(Status.DRAINING));
        runCallbacks();
        remove("a");
        runCallbacks();
        assertThat(heard.calls)
                .containsExactly(List.of("JOINED a"), List.of("UPDATED a"), List.of("LEFT_GRACEFULLY a"));
        assertThat(Objects.requireNonNull(heard.last.get()).revision()).isEqualTo(revision);
    }

    @Test
    void what_a_slow_listener_missed_arrives_as_one() {
        subscribe(heard);
        put(instance("a"), instance("gone"), instance("back"), instance("twice"));
        runCallbacks();
        heard.calls.clear();

        put(instance("a").withVersion("v2"));
        put(instance("a").withVersion("v3"));
        put(instance("new"));
        put(instance("new").withVersion("v2"));
        put(instance("brief"));
        remove("brief");
        remove("gone");
        remove("back");
        put(instance("back"));
        remove("twice");
        put(instance("twice"));
        remove("twice");
        runCallbacks();

        assertThat(heard.calls).hasSize(1);
        assertThat(heard.calls.get(0))
                .containsExactlyInAnyOrder("UPDATED a", "JOINED new", "LOST gone", "UPDATED back", "LOST twice");
        assertThat(Objects.requireNonNull(heard.last.get()).instances())
                .isEqualTo(feed.current().instances());
    }

    @Test
    void steps_that_undo_each_other_are_not_told() {
        subscribe(heard);
        put(instance("a"));
        runCallbacks();
        put(instance("brief"));
        remove("brief");
        runCallbacks();
        assertThat(heard.calls).hasSize(1);
    }

    @Test
    void more_than_10_000_missed_changes_become_a_comparison() {
        subscribe(heard);
        put(instance("stays"), instance("changes"), instance("goes"));
        runCallbacks();
        heard.calls.clear();

        put(instance("changes").withVersion("v2"));
        remove("goes");
        Instance[] many =
                IntStream.range(0, 10_000).mapToObj(i -> instance("n" + i)).toArray(Instance[]::new);
        put(many);
        for (int i = 1; i < many.length; i++) {
            remove("n" + i);
        }
        runCallbacks();

        assertThat(heard.calls).containsExactly(List.of("UPDATED changes", "JOINED n0", "LEFT goes"));
        put(instance("after"));
        runCallbacks();
        assertThat(heard.calls).hasSize(2).last().isEqualTo(List.of("JOINED after"));
    }

    @Test
    void a_comparison_tells_who_became_suspect() {
        subscribe(heard);
        put(instance("a"), instance("b"));
        runCallbacks();
        heard.calls.clear();
        roster.suspect("a");
        Instance[] many =
                IntStream.range(0, 10_001).mapToObj(i -> instance("n" + i)).toArray(Instance[]::new);
        put(many);
        for (Instance each : many) {
            remove(each.id());
        }
        runCallbacks();
        assertThat(heard.calls).containsExactly(List.of("UPDATED a"));
    }

    @Test
    void going_stale_is_no_change_but_can_be_read() {
        Subscription subscription = subscribe(heard);
        put(instance("a"));
        runCallbacks();
        feed.publish(feed.current().stale(System.nanoTime()), List.of());
        runCallbacks();
        assertThat(heard.calls).hasSize(1);
        assertThat(subscription.snapshot().freshness()).isEqualTo(ServiceSnapshot.Freshness.STALE);
    }

    @Test
    void a_listener_that_throws_is_reported_and_called_again() {
        AtomicInteger calls = new AtomicInteger();
        subscribe((snapshot, changes) -> {
            if (calls.incrementAndGet() == 1) {
                throw new IllegalStateException("mine");
            }
            throw new AssertionError("mine too");
        });
        subscribe(heard);
        put(instance("a"));
        runCallbacks();
        put(instance("b"));
        runCallbacks();
        assertThat(calls).hasValue(2);
        assertThat(heard.calls).containsExactly(List.of("JOINED a"), List.of("JOINED b"));
        assertThat(events).hasSize(2).allSatisfy(event -> {
            Event.ListenerFailed failed = (Event.ListenerFailed) event;
            assertThat(failed.what()).isEqualTo("listener of \"hello.srv.say\"");
            assertThat(failed.thrown()).hasMessageStartingWith("mine");
        });
    }

    @Test
    void a_listener_that_blocks_delays_neither_the_others_nor_the_registry() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        });
        try {
            ServiceFeed real = new ServiceFeed(SERVICE, threads, events::add, () -> {});
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch blocked = new CountDownLatch(1);
            Heard slow = new Heard();
            real.subscribe((snapshot, changes) -> {
                slow.changed(snapshot, changes);
                blocked.countDown();
                awaitQuietly(release);
            });
            real.subscribe(heard);
            publish(real, roster.put("a", instance("a")).stream().toList());
            assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
            publish(real, roster.put("b", instance("b")).stream().toList());
            publish(real, roster.put("c", instance("c")).stream().toList());
            await().until(() -> heard.calls.stream().mapToInt(List::size).sum() == 3);
            assertThat(slow.calls).hasSize(1);
            release.countDown();
            await().until(() -> slow.calls.size() == 2);
            assertThat(slow.calls).containsExactly(List.of("JOINED a"), List.of("JOINED b", "JOINED c"));
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void calls_of_one_listener_never_overlap_and_the_last_state_always_arrives() {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            ServiceFeed real = new ServiceFeed(SERVICE, threads, events::add, () -> {});
            AtomicBoolean inside = new AtomicBoolean();
            AtomicInteger overlaps = new AtomicInteger();
            AtomicReference<ServiceSnapshot> last = new AtomicReference<>();
            real.subscribe((snapshot, changes) -> {
                if (!inside.compareAndSet(false, true)) {
                    overlaps.incrementAndGet();
                }
                last.set(snapshot);
                inside.set(false);
            });
            for (int i = 0; i < 20_000; i++) {
                Instance changed = instance("a").withVersion("v" + i);
                publish(real, roster.put("a", changed).stream().toList());
            }
            await().untilAsserted(() -> assertThat(last.get()).isSameAs(real.current()));
            assertThat(overlaps).hasValue(0);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void no_listener_runs_under_a_lock_of_the_feed() throws Exception {
        ServiceFeed direct = new ServiceFeed(SERVICE, Runnable::run, events::add, () -> {});
        AtomicInteger done = new AtomicInteger();
        Subscription other = Objects.requireNonNull(direct.subscribe(SnapshotListener.NONE));
        direct.subscribe((snapshot, changes) -> {
            Thread thread = new Thread(() -> {
                direct.subscribe(SnapshotListener.NONE);
                other.close();
                direct.publish(snapshot, List.of());
                done.incrementAndGet();
            });
            thread.setDaemon(true);
            thread.start();
            joinQuietly(thread);
        });
        publish(direct, roster.put("a", instance("a")).stream().toList());
        assertThat(done).hasValue(1);
    }

    @Test
    void after_close_nothing_that_waited_is_told() {
        Subscription subscription = subscribe(heard);
        put(instance("a"));
        subscription.close();
        subscription.close();
        runCallbacks();
        put(instance("b"));
        runCallbacks();
        assertThat(heard.calls).isEmpty();
        assertThat(unused).hasValue(1);
    }

    @Test
    void no_call_starts_after_close_returned_while_another_is_running() throws Exception {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            ServiceFeed real = new ServiceFeed(SERVICE, threads, events::add, () -> {});
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch running = new CountDownLatch(1);
            AtomicInteger calls = new AtomicInteger();
            Subscription subscription = Objects.requireNonNull(real.subscribe((snapshot, changes) -> {
                calls.incrementAndGet();
                running.countDown();
                awaitQuietly(release);
            }));
            publish(real, roster.put("a", instance("a")).stream().toList());
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            publish(real, roster.put("b", instance("b")).stream().toList());
            subscription.close();
            release.countDown();
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            assertThat(calls).hasValue(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void a_listener_may_end_its_own_subscription() {
        AtomicReference<Subscription> own = new AtomicReference<>();
        AtomicInteger calls = new AtomicInteger();
        own.set(subscribe((snapshot, changes) -> {
            calls.incrementAndGet();
            Objects.requireNonNull(own.get()).close();
        }));
        subscribe(heard);
        put(instance("a"));
        runCallbacks();
        put(instance("b"));
        runCallbacks();
        assertThat(calls).hasValue(1);
        assertThat(heard.calls).hasSize(2);
        assertThat(unused).hasValue(0);
    }

    @Test
    void the_feed_is_over_when_its_last_subscriber_has_gone() {
        Subscription one = subscribe(SnapshotListener.NONE);
        Subscription other = subscribe(SnapshotListener.NONE);
        one.close();
        assertThat(unused).hasValue(0);
        other.close();
        assertThat(unused).hasValue(1);
        assertThat(feed.subscribe(heard)).isNull();
        feed.close();
        assertThat(unused).hasValue(1);
    }

    @Test
    void closing_the_feed_ends_all_and_leaves_the_last_snapshot() {
        Subscription subscription = subscribe(heard);
        put(instance("a"));
        feed.close();
        feed.close();
        runCallbacks();
        assertThat(heard.calls).isEmpty();
        assertThat(unused).hasValue(1);
        assertThat(subscription.snapshot().size()).isEqualTo(1);
        assertThat(feed.subscribe(heard)).isNull();
    }

    @Test
    void closing_a_feed_that_nobody_used_takes_no_subscriber_any_more() {
        feed.close();
        assertThat(unused).hasValue(1);
        assertThat(feed.subscribe(heard)).isNull();
    }

    @Test
    void an_executor_that_was_shut_down_hurts_nobody() {
        ServiceFeed rejected = new ServiceFeed(
                SERVICE,
                work -> {
                    throw new RejectedExecutionException("shut down");
                },
                events::add,
                unused::incrementAndGet);
        Subscription quiet = Objects.requireNonNull(rejected.subscribe(SnapshotListener.NONE));
        rejected.subscribe(heard);
        publish(rejected, roster.put("a", instance("a")).stream().toList());
        assertThat(quiet.snapshot().size()).isEqualTo(1);
        assertThat(heard.calls).isEmpty();
    }

    @Test
    void a_problem_is_told_until_the_next_live_snapshot() {
        Subscription subscription = subscribe(SnapshotListener.NONE);
        assertThat(subscription.problem()).isEmpty();
        UnavailableException problem = new UnavailableException("no answer");
        feed.problem(problem);
        assertThat(subscription.problem()).containsSame(problem);
        put(instance("a"));
        assertThat(subscription.problem()).isEmpty();
        feed.problem(problem);
        feed.publish(feed.current().stale(System.nanoTime()), List.of());
        assertThat(subscription.problem()).containsSame(problem);
    }

    @Test
    void waiting_ends_with_the_first_list() {
        Subscription subscription = subscribe(SnapshotListener.NONE);
        assertThat(subscription.await(Duration.ZERO)).isFalse();
        publish(feed, List.of());
        assertThat(subscription.await(Duration.ZERO)).isTrue();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void joinQuietly(Thread thread) {
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
