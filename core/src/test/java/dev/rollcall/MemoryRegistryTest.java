package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.rollcall.Registration.State;
import dev.rollcall.ServiceSnapshot.Freshness;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class MemoryRegistryTest extends RegistryContract {
    private final String shared = UUID.randomUUID().toString();

    @Override
    protected Registry open(EventListener events) {
        return MemoryRegistry.open(shared, events);
    }

    private MemoryRegistry memory() {
        return (MemoryRegistry) process();
    }

    @Test
    void registries_without_a_name_share_nothing() {
        try (MemoryRegistry one = MemoryRegistry.open("");
                MemoryRegistry other = MemoryRegistry.open("")) {
            one.register(instance("a"));

            assertThat(one.services()).containsExactly(name("pay"));
            assertThat(other.services()).isEmpty();
        }
    }

    @Test
    void a_name_begins_empty_again_after_its_last_registry_was_closed() {
        String name = UUID.randomUUID().toString();
        MemoryRegistry first = MemoryRegistry.open(name);
        first.register(instance("a"));
        first.close();

        try (MemoryRegistry second = MemoryRegistry.open(name)) {
            assertThat(second.services()).isEmpty();
            assertThat(second.lookup(name("pay")).revision()).isZero();
        }
    }

    @Test
    void while_it_is_away_views_stay_and_reads_fail_and_writes_wait() {
        MemoryRegistry registry = memory();
        registry.register(instance("a"));
        Subscription subscription = registry.watch(name("pay"), SnapshotListener.NONE);

        registry.pause();
        Registration late = registry.register(instance("b"));

        assertThat(subscription.snapshot().freshness()).isEqualTo(Freshness.STALE);
        assertThat(subscription.snapshot().instances()).hasSize(1);
        assertThat(subscription.problem()).isPresent();
        assertThat(late.state()).isEqualTo(State.REGISTERING);
        assertThatExceptionOfType(UnavailableException.class)
                .isThrownBy(() -> late.await(Duration.ofMillis(1)))
                .withMessage("memory: paused (expected: resumed)");
        assertThatExceptionOfType(UnavailableException.class)
                .isThrownBy(() -> registry.lookup(name("pay")))
                .withMessage("memory: paused (expected: resumed)");
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(registry::services);

        registry.resume();
        assertThat(late.state()).isEqualTo(State.REGISTERED);
        assertThat(late.problem()).isEmpty();
        assertThat(subscription.snapshot().freshness()).isEqualTo(Freshness.LIVE);
        assertThat(subscription.snapshot().instances()).hasSize(2);
        assertThat(subscription.problem()).isEmpty();
    }

    @Test
    void a_watch_begun_while_it_is_away_is_cold_until_it_is_back() {
        MemoryRegistry registry = memory();
        registry.register(instance("a"));
        registry.pause();
        List<ServiceSnapshot> heard = new CopyOnWriteArrayList<>();
        Subscription subscription = registry.watch(name("pay"), (snapshot, changes) -> heard.add(snapshot));

        assertThat(subscription.await(Duration.ofMillis(1))).isFalse();
        assertThat(subscription.snapshot().freshness()).isEqualTo(Freshness.COLD);
        registry.resume();
        assertThat(subscription.await(patience())).isTrue();
        eventually(() -> assertThat(heard).hasSize(1));
        assertThat(heard.get(0).instances()).hasSize(1);
    }

    @Test
    void what_was_closed_while_it_was_away_is_gone_when_it_is_back() {
        MemoryRegistry registry = memory();
        Registration registration = registry.register(instance("a"));
        registry.pause();
        registration.close();
        Registration again = registry.register(instance("a").withVersion("2"));
        registry.resume();

        assertThat(again.state()).isEqualTo(State.REGISTERED);
        assertThat(registry.lookup(name("pay")).instances())
                .containsExactly(instance("a").withVersion("2"));
    }

    @Test
    void a_lost_instance_vanishes_without_a_word_and_an_update_brings_it_back() {
        MemoryRegistry registry = memory();
        Registration registration = registry.register(instance("a"));
        List<Change.Kind> heard = new CopyOnWriteArrayList<>();
        registry.watch(name("pay"), (snapshot, changes) -> changes.forEach(change -> heard.add(change.kind())));
        eventually(() -> assertThat(heard).containsExactly(Change.Kind.JOINED));

        memory().lose(name("pay"), "a");

        eventually(() -> assertThat(heard).containsExactly(Change.Kind.JOINED, Change.Kind.LOST));
        assertThat(registration.state()).isEqualTo(State.RECOVERING);
        assertThat(registration.problem())
                .hasValueSatisfying(
                        problem -> assertThat(problem).hasMessage("registration: taken away by MemoryRegistry.lose"));
        registration.update(instance("a"));
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        memory().lose(name("pay"), "nobody");
    }

    @Test
    void a_superseded_registration_says_by_whom() {
        Registration first = memory().register(instance("a"));
        memory().register(instance("a").withAddress(new Address("10.0.0.9", 9090)));

        assertThat(first.problem())
                .hasValueSatisfying(problem -> assertThat(problem)
                        .hasMessage("registration: \"" + name("pay")
                                + "\" \"a\" was registered again by another living process, at 10.0.0.9:9090; ours returns when that"
                                + " one leaves"));
    }

    @Test
    void a_view_hears_that_the_registry_went_and_came() {
        List<Event> events = new CopyOnWriteArrayList<>();
        try (MemoryRegistry registry = MemoryRegistry.open("", events::add)) {
            registry.watch(name("pay"), SnapshotListener.NONE);
            registry.pause();
            registry.resume();

            assertThat(events)
                    .containsExactly(
                            new Event.ViewChanged(name("pay"), Freshness.STALE),
                            new Event.ViewChanged(name("pay"), Freshness.LIVE));
        }
    }
}
