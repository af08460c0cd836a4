package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventBusTest {
    private final EventBus bus = new EventBus();
    private final List<Event> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() {
        release.countDown();
        bus.close();
    }

    private static Event event(int number) {
        return new Event.Connected("h" + number);
    }

    private static List<Event> events(int count) {
        return IntStream.range(0, count).mapToObj(EventBusTest::event).toList();
    }

    /** Blocks until the test ends. */
    private void block(Event event) {
        try {
            assertThat(release.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void events_arrive_in_order_and_closing_delivers_what_is_queued() {
        bus.add(heard::add);
        events(500).forEach(bus::on);
        bus.close();

        assertThat(heard).isEqualTo(events(500));
        bus.on(event(1));
        assertThat(heard).hasSize(500);
        assertThat(bus.dropped()).isZero();
    }

    @Test
    void a_listener_that_blocks_hurts_nobody_else_and_what_it_misses_is_counted() throws Exception {
        bus.add(this::block);
        Semaphore arrived = new Semaphore(0);
        bus.add(event -> {
            heard.add(event);
            arrived.release();
        });
        int sent = 1 + EventBus.LONGEST_QUEUE + 10;
        for (Event event : events(sent)) {
            bus.on(event);
            assertThat(arrived.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(heard).isEqualTo(events(sent));
        assertThat(bus.dropped()).isEqualTo(10);
    }

    @Test
    void a_listener_that_throws_goes_on_hearing_and_the_others_are_told() {
        RuntimeException thrown = new IllegalStateException("on purpose");
        List<Event> thrower = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 2; i++) {
            bus.add(event -> {
                thrower.add(event);
                throw thrown;
            });
        }
        bus.add(heard::add);
        bus.on(event(0));
        await().until(() -> heard.size() == 3);
        bus.on(event(1));
        await().until(() -> heard.size() == 6);

        Event failed = new Event.ListenerFailed("event listener", thrown);
        assertThat(heard).containsExactlyInAnyOrder(event(0), failed, failed, event(1), failed, failed);
        await().untilAsserted(() -> assertThat(thrower).hasSize(8));
    }

    @Test
    void a_removed_listener_hears_nothing_more() {
        EventListener.Handle handle = bus.add(heard::add);
        List<Event> other = new CopyOnWriteArrayList<>();
        bus.add(other::add);
        handle.close();
        handle.close();
        bus.on(event(0));
        await().until(() -> other.size() == 1);

        assertThat(heard).isEmpty();
    }

    @Test
    void a_listener_may_remove_itself() {
        CompletableFuture<EventListener.Handle> own = new CompletableFuture<>();
        own.complete(bus.add(event -> {
            heard.add(event);
            own.join().close();
        }));
        events(3).forEach(bus::on);
        List<Event> other = new CopyOnWriteArrayList<>();
        bus.add(other::add);
        bus.on(event(9));
        await().until(() -> other.size() == 1);

        await().untilAsserted(() -> assertThat(heard).containsExactly(event(0)));
    }

    @Test
    void closing_does_not_wait_for_a_listener_that_blocks_for_ever() {
        bus.add(this::block);
        events(3).forEach(bus::on);

        bus.close();
        assertThat(release.getCount()).isEqualTo(1);
    }
}
