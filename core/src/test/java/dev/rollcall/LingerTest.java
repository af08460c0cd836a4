package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.spi.ServiceFeed;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LingerTest {
    private record Timer(Runnable task, Duration delay) {}

    private long nanos = Long.MAX_VALUE - 5;
    private final Queue<Timer> timers = new ArrayDeque<>();
    private final Linger linger = new Linger(() -> nanos, (task, delay) -> timers.add(new Timer(task, delay)));
    private boolean unused;
    private final ServiceFeed feed =
            new ServiceFeed(Some.SERVICE, Runnable::run, EventListener.NONE, () -> unused = true);

    private Subscription subscription(SnapshotListener listener) {
        return Objects.requireNonNull(feed.subscribe(listener));
    }

    private void fire() {
        Timer timer = timers.remove();
        nanos += timer.delay.toNanos();
        timer.task.run();
    }

    @Test
    void the_last_subscription_of_a_service_lives_a_minute_longer() {
        linger.keep(subscription(SnapshotListener.NONE));
        assertThat(unused).isFalse();
        fire();
        assertThat(unused).isTrue();
        assertThat(timers).isEmpty();
    }

    @Test
    void one_that_is_closed_later_counts_from_then_with_the_same_timer() {
        linger.keep(subscription(SnapshotListener.NONE));
        nanos += Duration.ofSeconds(50).toNanos();
        linger.keep(subscription(SnapshotListener.NONE));
        nanos -= Duration.ofSeconds(50).toNanos();
        assertThat(timers).hasSize(1);
        fire();
        assertThat(unused).isFalse();
        assertThat(timers).hasSize(1).allMatch(timer -> timer.delay.equals(Duration.ofSeconds(50)));
        fire();
        assertThat(unused).isTrue();
    }

    @Test
    void what_comes_after_the_end_is_closed_at_once() {
        linger.keep(subscription(SnapshotListener.NONE));
        linger.close();
        assertThat(unused).isTrue();
        fire();
        assertThat(timers).isEmpty();
    }

    @Test
    void a_closed_subscription_says_nothing_more_and_stays_as_it_was_while_it_lingers() {
        try (MemoryRegistry registry = MemoryRegistry.open("")) {
            List<ServiceSnapshot> heard = new ArrayList<>();
            List<FollowedSubscription> handed = new ArrayList<>();
            FollowedSubscription followed = new FollowedSubscription(
                    new OneFeed(registry, feed), Some.SERVICE, (snapshot, changes) -> heard.add(snapshot), handed::add);
            feed.publish(Some.snapshot(1), List.of());
            followed.close();
            followed.close();
            Instance late = Some.instance("late");
            feed.publish(Some.snapshot(2, late), List.of(new Change(Change.Kind.JOINED, late)));

            assertThat(handed).containsExactly(followed);
            assertThat(heard).hasSize(1);
            assertThat(followed.snapshot().size()).isZero();
            assertThat(followed.subscription().snapshot().size()).isEqualTo(1);
        }
    }

    /** A registry that follows every service with one feed. */
    private record OneFeed(Registry registry, ServiceFeed feed) implements Discovery {
        @Override
        public ServiceSnapshot lookup(String service) {
            return registry.lookup(service);
        }

        @Override
        public Set<String> services() {
            return registry.services();
        }

        @Override
        public Subscription watch(String service, SnapshotListener listener) {
            return Objects.requireNonNull(feed.subscribe(listener));
        }
    }
}
