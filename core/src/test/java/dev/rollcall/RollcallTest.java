package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Registration.State;
import dev.rollcall.ServiceSnapshot.Freshness;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RollcallTest {
    private final String name = UUID.randomUUID().toString();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final MemoryRegistry backend = MemoryRegistry.open(name);
    private final Rollcall rollcall = connect("1ms");

    private Rollcall connect(String wait) {
        return Rollcall.builder()
                .registry("memory://" + name)
                .environment(Map.of())
                .option("wait", wait)
                .events(events::add)
                .connect();
    }

    @AfterEach
    void close() {
        rollcall.close();
        backend.close();
    }

    private static Instance instance(String id) {
        return Instance.of("svc.pay", "10.0.0.7", 8080).withId(id);
    }

    @Test
    void services_are_registered_found_and_called_by_name() {
        rollcall.register(instance("a")).await(Duration.ofSeconds(5));

        assertThat(rollcall.services()).containsExactly("svc.pay");
        assertThat(rollcall.lookup("svc.pay").instances()).containsExactly(instance("a"));
        try (ServiceView view = rollcall.service("svc.pay")) {
            assertThat(view.pick()).isEqualTo(instance("a"));
            assertThat(view.<String, RuntimeException>call(Instance::id)).isEqualTo("a");
        }
        assertThat(events).noneMatch(Event.ListenerFailed.class::isInstance);
    }

    @Test
    void a_view_that_waited_in_vain_is_cold_and_fills_later() {
        backend.register(instance("a"));
        backend.pause();

        ServiceView view = rollcall.service("svc.pay");

        assertThat(view.snapshot().freshness()).isEqualTo(Freshness.COLD);
        assertThatExceptionOfType(NoInstanceException.class).isThrownBy(view::pick);
        assertThat(rollcall.health())
                .isEqualTo(new Health(
                        false, List.of("view of \"svc.pay\" has had no list yet: memory: paused (expected: resumed)")));
        backend.resume();
        assertThat(view.pick()).isEqualTo(instance("a"));
        assertThat(rollcall.health()).isEqualTo(new Health(true, List.of()));
        await().untilAsserted(() -> assertThat(events)
                .containsExactly(
                        new Event.ViewChanged("svc.pay", Freshness.COLD),
                        new Event.ViewChanged("svc.pay", Freshness.LIVE)));
    }

    @Test
    void a_view_waits_for_its_first_list() {
        backend.register(instance("a"));
        backend.pause();
        try (Rollcall patient = connect("1m")) {
            patient.events(event -> {});
            Thread resume = new Thread(() -> {
                await().until(() -> !patient.views().isEmpty());
                backend.resume();
            });
            resume.start();

            assertThat(patient.service("svc.pay").pick()).isEqualTo(instance("a"));
        }
    }

    @Test
    void health_is_bad_while_a_registration_is_not_registered_or_a_view_is_stale() {
        rollcall.service("svc.pay");
        rollcall.service("svc.pay");
        rollcall.register(instance("b"));
        assertThat(rollcall.health()).isEqualTo(new Health(true, List.of()));

        backend.lose("svc.pay", "b");
        backend.pause();
        rollcall.register(instance("a"));

        assertThat(rollcall.health())
                .isEqualTo(new Health(
                        false,
                        List.of(
                                "registration of \"svc.pay\" \"a\" is REGISTERING: memory: paused (expected: resumed)",
                                "registration of \"svc.pay\" \"b\" is RECOVERING:"
                                        + " registration: taken away by MemoryRegistry.lose",
                                "view of \"svc.pay\" is stale for 0s: memory: paused (expected: resumed)")));
        backend.resume();
        rollcall.registrations().get(1).close();
        assertThat(rollcall.health().ok()).isTrue();
        rollcall.close();
        assertThat(rollcall.health()).isEqualTo(new Health(false, List.of("closed")));
    }

    @Test
    void registrations_are_listed_until_they_are_closed() {
        Registration b = rollcall.register(instance("b"));
        Registration a = rollcall.register(instance("a"));
        assertThat(rollcall.registrations()).containsExactly(a, b);

        assertThat(a.await(Duration.ofSeconds(5))).isSameAs(a);
        a.close();
        a.close();
        assertThat(a.state()).isEqualTo(State.CLOSED);
        assertThat(rollcall.registrations()).containsExactly(b);
        assertThat(rollcall.services()).containsExactly("svc.pay");
    }

    @Test
    void views_are_listed_once_per_service_until_they_are_closed() {
        rollcall.register(instance("a"));
        ServiceView view = rollcall.service("svc.pay");
        Subscription other = rollcall.watch("svc.pay", SnapshotListener.NONE);
        rollcall.watch("svc.a", SnapshotListener.NONE);

        assertThat(rollcall.views()).extracting(ServiceSnapshot::service).containsExactly("svc.a", "svc.pay");
        view.close();
        assertThat(rollcall.views()).extracting(ServiceSnapshot::size).containsExactly(0, 1);
        other.close();
        assertThat(rollcall.views()).extracting(ServiceSnapshot::service).containsExactly("svc.a");
    }

    @Test
    void an_address_that_listens_everywhere_is_replaced_and_said_so() throws Exception {
        List<InetAddress> own = List.of(InetAddress.getByName("8.8.8.8"), InetAddress.getByName("192.168.1.9"));
        EventBus bus = new EventBus();
        bus.add(events::add);
        try (Rollcall here = new Rollcall(rollcall.configuration(), bus, MemoryRegistry.open(name, bus), () -> own)) {
            Instance given = Instance.of("svc.pay", "0.0.0.0", 8080).withId("a");
            Registration registration = here.register(given);
            Instance replaced = given.withAddress(new Address("192.168.1.9", 8080));

            assertThat(registration.instance()).isEqualTo(replaced);
            assertThat(rollcall.lookup("svc.pay").instances()).containsExactly(replaced);
            await().untilAsserted(
                            () -> assertThat(events).contains(new Event.AddressReplaced(replaced, given.address())));

            registration.update(given.withAddress(new Address("::", 9090)));
            assertThat(registration.instance().address()).hasToString("192.168.1.9:9090");
        }
    }

    @Test
    void closing_leaves_gracefully_and_delivers_the_last_events() {
        List<Change.Kind> kinds = new CopyOnWriteArrayList<>();
        backend.watch("svc.pay", (snapshot, changes) -> changes.forEach(change -> kinds.add(change.kind())));
        Registration registration = rollcall.register(instance("a"));
        ServiceView view = rollcall.service("svc.pay");
        await().untilAsserted(() -> assertThat(kinds).containsExactly(Change.Kind.JOINED));

        rollcall.close();
        rollcall.close();

        await().untilAsserted(() -> assertThat(kinds).endsWith(Change.Kind.LEFT_GRACEFULLY));
        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(rollcall.registrations()).isEmpty();
        assertThat(rollcall.views()).isEmpty();
        assertThat(events).contains(new Event.RegistrationChanged(instance("a"), State.REGISTERED, State.CLOSED, null));
        assertThat(view.snapshot().service()).isEqualTo("svc.pay");
        assertThatThrownBy(() -> rollcall.register(instance("b"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> rollcall.service("svc.pay")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void listeners_can_be_added_and_removed_at_any_time() {
        List<Event> late = new CopyOnWriteArrayList<>();
        EventListener.Handle handle = rollcall.events(late::add);
        rollcall.register(instance("a"));
        await().until(() -> late.size() == 1);

        handle.close();
        rollcall.register(instance("b"));
        await().until(() -> events.size() == 2);
        assertThat(late).hasSize(1);
    }

    @Test
    void counters_have_those_of_the_registry_and_the_dropped_events() {
        assertThat(rollcall.counters()).isEqualTo(Map.of("events.dropped", 0L));
    }

    @Test
    void a_wrong_setting_starts_nothing() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Rollcall.connect("memory://" + name + "?colour=red"))
                .withMessage("option \"colour\": unknown to memory (expected: shutdown-hook, wait)");
    }
}
