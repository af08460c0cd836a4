package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Discovery;
import dev.rollcall.EventListener;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Subscription;
import dev.rollcall.spi.ServiceFeed;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LingerTest {
    private static final String SERVICE = "hello.srv.say";

    private record Timer(Runnable task, Duration delay) {}

    private long nanos = Long.MAX_VALUE - 5;
    private final Queue<Timer> timers = new ArrayDeque<>();
    private final Linger linger = new Linger(() -> nanos, (task, delay) -> timers.add(new Timer(task, delay)));
    private boolean unused;
    private final ServiceFeed feed = new ServiceFeed(SERVICE, Runnable::run, EventListener.NONE, () -> unused = true);
    private final Discovery source = new OneFeed(feed);

    private void leave() {
        Subscription own = source.watch(SERVICE, SnapshotListener.NONE);
        linger.keep(source, SERVICE);
        own.close();
    }

    private void fire() {
        Timer timer = timers.remove();
        nanos += timer.delay.toNanos();
        timer.task.run();
    }

    @Test
    void a_view_outlives_its_last_subscriber_by_a_minute() {
        leave();
        assertThat(unused).isFalse();
        fire();
        assertThat(unused).isTrue();
        assertThat(timers).isEmpty();
    }

    @Test
    void one_that_is_left_again_counts_from_then_with_the_same_timer() {
        leave();
        long start = nanos;
        nanos += Duration.ofSeconds(50).toNanos();
        leave();
        nanos = start;
        assertThat(timers).hasSize(1);
        fire();
        assertThat(unused).isFalse();
        assertThat(timers).hasSize(1).allMatch(timer -> timer.delay.equals(Duration.ofSeconds(50)));
        fire();
        assertThat(unused).isTrue();
    }

    @Test
    void a_source_that_is_closed_keeps_nothing() {
        linger.keep(new OneFeed(null), SERVICE);
        assertThat(timers).isEmpty();
    }

    /** A source that follows every service with one feed, or is closed. */
    private record OneFeed(@Nullable ServiceFeed feed) implements Discovery {
        @Override
        public ServiceSnapshot lookup(String service) {
            return ServiceSnapshot.cold(service);
        }

        @Override
        public Set<String> services() {
            return Set.of();
        }

        @Override
        public Subscription watch(String service, SnapshotListener listener) {
            if (feed == null) {
                throw new IllegalStateException("the registry is closed");
            }
            return Objects.requireNonNull(feed.subscribe(listener));
        }
    }
}
