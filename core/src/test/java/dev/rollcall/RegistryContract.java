package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Registration.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every registry must do. A subclass says how to open one; all that it opens share one backend, and each stands for a
 * process of its own.
 */
public abstract class RegistryContract {
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final List<Registry> opened = new CopyOnWriteArrayList<>();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final String run = Long.toString(System.nanoTime(), 36) + NAMES.incrementAndGet();

    /** Opens another handle on the same backend. */
    protected abstract Registry open(EventListener events);

    /** How long anything may take to become visible. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @AfterEach
    void close_what_was_opened() {
        opened.forEach(Registry::close);
    }

    /** A new process. */
    protected final Registry process() {
        Registry registry = open(events::add);
        opened.add(registry);
        return registry;
    }

    /** A service name that no other test uses; the same base gives the same name within a test. */
    protected final String name(String base) {
        return "t" + run + "." + base;
    }

    protected final Instance instance(String id) {
        return instance("pay", id);
    }

    protected final Instance instance(String service, String id) {
        return Instance.of(name(service), "10.0.0.7", 8080).withId(id);
    }

    protected final void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(patience()).pollInterval(Duration.ofMillis(5)).untilAsserted(assertion);
    }

    private Registration registered(Registry registry, Instance instance) {
        return registry.register(instance).await(patience());
    }

    private static List<String> ids(ServiceSnapshot snapshot) {
        return snapshot.instances().stream().map(Instance::id).toList();
    }

    private static final class Heard implements SnapshotListener {
        private final List<ServiceSnapshot> snapshots = new CopyOnWriteArrayList<>();
        private final List<Change> changes = new CopyOnWriteArrayList<>();

        @Override
        public void changed(ServiceSnapshot snapshot, List<Change> changed) {
            changes.addAll(changed);
            snapshots.add(snapshot);
        }

        List<String> steps() {
            return changes.stream()
                    .map(change -> change.kind() + " " + change.instance().id())
                    .toList();
        }
    }

    @Test
    void a_registered_instance_is_found_by_another_process() {
        Instance instance = instance("a").withVersion("1.2").withMetadata("zone", "a");
        Registration registration = registered(process(), instance);

        assertThat(registration.state()).isEqualTo(State.REGISTERED);
        assertThat(registration.problem()).isEmpty();
        assertThat(registration.instance()).isEqualTo(instance);
        ServiceSnapshot found = process().lookup(name("pay"));
        assertThat(found.service()).isEqualTo(name("pay"));
        assertThat(found.instances()).containsExactly(instance);
        assertThat(found.freshness()).isEqualTo(ServiceSnapshot.Freshness.LIVE);
    }

    @Test
    void instances_are_sorted_by_id() {
        Registry registry = process();
        List.of("c", "a", "b").forEach(id -> registered(registry, instance(id)));

        assertThat(ids(registry.lookup(name("pay")))).containsExactly("a", "b", "c");
    }

    @Test
    void an_unknown_service_has_no_instance() {
        ServiceSnapshot none = process().lookup(name("nobody"));

        assertThat(none.instances()).isEmpty();
        assertThat(none.freshness()).isEqualTo(ServiceSnapshot.Freshness.LIVE);
    }

    @Test
    void an_empty_service_name_finds_nothing_of_others() {
        Registry registry = process();
        registered(registry, instance("a"));

        List<Instance> found = new ArrayList<>();
        try {
            found.addAll(registry.lookup("").instances());
        } catch (RollcallException refused) {
            assertThat(refused).hasMessageContaining("expected:");
        }
        assertThat(found).isEmpty();
    }

    @Test
    void services_are_listed_sorted_while_they_have_an_instance() {
        Registry registry = process();
        Registration b = registered(registry, instance("b", "1"));
        registered(registry, instance("c", "1"));
        registered(registry, instance("a", "1"));
        registered(registry, instance("a", "2"));

        assertThat(ours(registry.services())).containsExactly(name("a"), name("b"), name("c"));
        assertThat(List.copyOf(registry.services())).isSorted();
        b.close();
        eventually(() -> assertThat(ours(registry.services())).containsExactly(name("a"), name("c")));
    }

    private List<String> ours(Set<String> services) {
        return services.stream()
                .filter(service -> service.startsWith("t" + run + "."))
                .toList();
    }

    @Test
    void services_whose_names_begin_alike_are_not_mixed() {
        Registry registry = process();
        List<String> services = List.of("pay", "pay-admin", "pay/x", "pay.x", "pa", "pay/x/y");
        List<Heard> heard = services.stream().map(service -> new Heard()).toList();
        for (int i = 0; i < services.size(); i++) {
            registry.watch(name(services.get(i)), heard.get(i));
        }
        services.forEach(service -> registered(registry, instance(service, "id-of-" + service.replace('/', '_'))));

        for (int i = 0; i < services.size(); i++) {
            String service = services.get(i);
            Heard listener = heard.get(i);
            assertThat(registry.lookup(name(service)).instances())
                    .extracting(Instance::service)
                    .containsExactly(name(service));
            eventually(() -> assertThat(listener.steps()).containsExactly("JOINED id-of-" + service.replace('/', '_')));
        }
        assertThat(ours(registry.services()))
                .containsExactlyInAnyOrderElementsOf(
                        services.stream().map(this::name).toList());
    }

    @Test
    void a_watch_begins_with_the_whole_snapshot_and_goes_on_with_each_change() {
        Registry provider = process();
        registered(provider, instance("a"));
        registered(provider, instance("b"));
        Heard heard = new Heard();
        Subscription subscription = process().watch(name("pay"), heard);
        eventually(() -> assertThat(heard.snapshots).hasSize(1));
        assertThat(ids(heard.snapshots.get(0))).containsExactly("a", "b");
        assertThat(heard.steps()).containsExactly("JOINED a", "JOINED b");

        Registration c = registered(provider, instance("c"));
        eventually(() -> assertThat(heard.steps()).endsWith("JOINED c"));
        c.update(instance("c").withMetadata("zone", "z"));
        eventually(() -> assertThat(heard.steps()).endsWith("JOINED c", "UPDATED c"));
        c.close();
        eventually(() -> assertThat(heard.steps()).endsWith("LEFT_GRACEFULLY c"));

        eventually(() -> assertThat(ids(subscription.snapshot())).containsExactly("a", "b"));
        assertThat(heard.snapshots)
                .extracting(ServiceSnapshot::revision)
                .isSorted()
                .doesNotContain(0L);
    }

    @Test
    void a_watch_of_a_service_nobody_offers_begins_with_an_empty_snapshot() {
        Heard heard = new Heard();
        Subscription subscription = process().watch(name("pay"), heard);

        assertThat(subscription.await(patience())).isTrue();
        assertThat(subscription.snapshot().freshness()).isEqualTo(ServiceSnapshot.Freshness.LIVE);
        eventually(() -> assertThat(heard.snapshots).hasSize(1));
        assertThat(heard.changes).isEmpty();
        registered(process(), instance("a"));
        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a"));
    }

    @Test
    void an_update_changes_the_instance_in_place() {
        Registry registry = process();
        Registration registration = registered(registry, instance("a"));
        Heard heard = new Heard();
        process().watch(name("pay"), heard);
        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a"));
        Instance changed = instance("a")
                .withAddress(new Address("10.0.0.8", 9090))
                .withVersion("2")
                .withMetadata("weight", "5");

        registration.update(changed);

        assertThat(registration.instance()).isEqualTo(changed);
        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a", "UPDATED a"));
        assertThat(registry.lookup(name("pay")).instances()).containsExactly(changed);
        registration.await(patience());
    }

    @Test
    void the_last_of_quick_updates_wins() {
        Registry registry = process();
        Registration registration = registry.register(instance("a"));
        for (int i = 0; i <= 50; i++) {
            registration.update(instance("a").withMetadata("n", Integer.toString(i)));
        }

        eventually(() -> assertThat(registry.lookup(name("pay")).instances())
                .extracting(Instance::metadata)
                .containsExactly(Map.of("n", "50")));
        registration.await(patience());
    }

    @Test
    void an_instance_can_be_taken_out_of_rotation_and_back() {
        Registry registry = process();
        registered(registry, instance("a"));
        Registration b = registered(registry, instance("b"));
        Subscription subscription = process().watch(name("pay"), SnapshotListener.NONE);

        b.update(instance("b").withStatus(Status.DRAINING));
        eventually(() -> assertThat(subscription.snapshot().candidates().size()).isEqualTo(1));
        assertThat(ids(subscription.snapshot())).containsExactly("a", "b");
        assertThat(subscription.snapshot().candidates().at(0).id()).isEqualTo("a");
        b.update(instance("b"));
        eventually(() -> assertThat(subscription.snapshot().candidates().size()).isEqualTo(2));
    }

    @ParameterizedTest
    @CsvSource({"pay, other", "other, a"})
    void an_update_may_not_change_who_the_instance_is(String service, String id) {
        Registration registration = registered(process(), instance("a"));

        assertThatExceptionOfType(InvalidInstanceException.class)
                .isThrownBy(() -> registration.update(instance(service, id)))
                .withMessage("update: \"" + name(service) + "\" \"" + id + "\" (expected: service \"" + name("pay")
                        + "\", id \"a\")");
        assertThat(registration.instance()).isEqualTo(instance("a"));
    }

    @Test
    void a_closed_registration_leaves_gracefully_after_saying_that_it_drains() {
        Registration registration = registered(process(), instance("a"));
        Heard heard = new Heard();
        process().watch(name("pay"), heard);
        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a"));

        registration.close();

        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(process().lookup(name("pay")).instances()).isEmpty();
        eventually(() -> assertThat(heard.steps()).endsWith("LEFT_GRACEFULLY a"));
        assertThat(heard.changes.get(heard.changes.size() - 1).instance().status())
                .isEqualTo(Status.DRAINING);
    }

    @Test
    void a_closed_process_leaves_with_all_its_instances() {
        Registry provider = process();
        List<Registration> registrations = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            registrations.add(provider.register(instance("id" + i)));
        }
        registrations.forEach(registration -> registration.await(patience()));
        Heard heard = new Heard();
        process().watch(name("pay"), heard);
        eventually(() -> assertThat(heard.changes).hasSize(20));

        provider.close();

        assertThat(registrations).extracting(Registration::state).containsOnly(State.CLOSED);
        assertThat(process().lookup(name("pay")).instances()).isEmpty();
        eventually(() -> assertThat(heard.steps())
                .filteredOn(step -> step.startsWith("LEFT_GRACEFULLY"))
                .hasSize(20));
    }

    @Test
    void each_state_of_a_registration_is_an_event() {
        registered(process(), instance("a")).close();

        eventually(() -> assertThat(events)
                .filteredOn(Event.RegistrationChanged.class::isInstance)
                .extracting(event -> ((Event.RegistrationChanged) event).to())
                .containsExactly(State.REGISTERED, State.CLOSED));
    }

    @Test
    void one_process_cannot_register_the_same_id_twice() {
        Registry registry = process();
        Registration first = registered(registry, instance("a"));

        assertThatExceptionOfType(DuplicateRegistrationException.class)
                .isThrownBy(() -> registry.register(instance("a").withAddress(new Address("10.0.0.9", 1))))
                .withMessageContaining("\"" + name("pay") + "\" \"a\"")
                .withMessageContaining("10.0.0.7:8080");
        registered(registry, instance("other", "a"));
        first.close();
        registered(registry, instance("a"));
    }

    @Test
    void a_second_process_takes_an_id_over_and_the_first_gets_it_back_when_the_second_leaves() {
        Registry registry = process();
        Instance mine = instance("a");
        Instance theirs = mine.withAddress(new Address("10.0.0.9", 9090));
        Registration first = registered(registry, mine);
        Registration second = registered(process(), theirs);

        eventually(() -> assertThat(first.state()).isEqualTo(State.SUPERSEDED));
        assertThat(first.problem()).isPresent();
        assertThat(registry.lookup(name("pay")).instances()).containsExactly(theirs);
        first.update(mine.withVersion("2"));
        assertThat(second.state()).isEqualTo(State.REGISTERED);
        assertThat(registry.lookup(name("pay")).instances()).containsExactly(theirs);

        second.close();
        first.await(patience());
        assertThat(registry.lookup(name("pay")).instances()).containsExactly(mine.withVersion("2"));
    }

    @Test
    void a_superseded_registration_that_closes_takes_nothing_away() {
        Registry registry = process();
        Registration first = registered(registry, instance("a"));
        Instance theirs = instance("a").withAddress(new Address("10.0.0.9", 9090));
        registered(process(), theirs);
        eventually(() -> assertThat(first.state()).isEqualTo(State.SUPERSEDED));

        first.close();

        assertThat(registry.lookup(name("pay")).instances()).containsExactly(theirs);
    }

    @Test
    void a_hundred_registrations_that_come_and_go_at_once_leave_nothing() throws Exception {
        Registry registry = process();
        Subscription subscription = process().watch(name("pay"), SnapshotListener.NONE);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> rounds = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String id = "id" + i;
                boolean await = i % 2 == 0;
                rounds.add(threads.submit(() -> {
                    try (Registration registration = registry.register(instance(id))) {
                        if (await) {
                            registration.await(patience());
                        }
                    }
                }));
            }
            for (Future<?> round : rounds) {
                round.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }

        eventually(() -> assertThat(registry.lookup(name("pay")).instances()).isEmpty());
        eventually(() -> assertThat(subscription.snapshot().instances()).isEmpty());
    }

    @Test
    void closing_twice_is_closing_once() {
        Registry registry = process();
        Registration registration = registered(registry, instance("a"));
        Subscription subscription = registry.watch(name("pay"), SnapshotListener.NONE);

        assertThatCode(() -> {
                    registration.close();
                    registration.close();
                    subscription.close();
                    subscription.close();
                    registry.close();
                    registry.close();
                    registration.close();
                    subscription.close();
                })
                .doesNotThrowAnyException();
        assertThat(registration.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void waiting_for_a_closed_registration_fails() {
        Registration registration = registered(process(), instance("a"));
        registration.close();

        assertThatThrownBy(() -> registration.await(patience())).isInstanceOf(RollcallException.class);
    }

    @Test
    void a_closed_registry_takes_nothing_new() {
        Registry registry = process();
        registry.close();

        Stream.<ThrowingCallable>of(
                        () -> registry.register(instance("a")),
                        () -> registry.lookup(name("pay")),
                        registry::services,
                        () -> registry.watch(name("pay"), SnapshotListener.NONE))
                .forEach(call -> assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(call)
                        .withMessage("the registry is closed"));
    }

    @Test
    void the_last_snapshot_stays_readable_when_the_registry_is_closed() {
        registered(process(), instance("a"));
        Registry reader = process();
        Subscription subscription = reader.watch(name("pay"), SnapshotListener.NONE);
        assertThat(subscription.await(patience())).isTrue();

        reader.close();

        assertThat(ids(subscription.snapshot())).containsExactly("a");
    }

    @Test
    void a_listener_that_throws_is_reported_and_goes_on_hearing() {
        Registry registry = process();
        Heard heard = new Heard();
        RuntimeException thrown = new IllegalStateException("on purpose");
        registry.watch(name("pay"), (snapshot, changes) -> {
            heard.changed(snapshot, changes);
            throw thrown;
        });
        registered(registry, instance("a"));
        registered(registry, instance("b"));

        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a", "JOINED b"));
        eventually(() ->
                assertThat(events).contains(new Event.ListenerFailed("listener of \"" + name("pay") + "\"", thrown)));
    }

    @Test
    void a_listener_that_blocks_delays_nobody_else() {
        Registry registry = process();
        CountDownLatch release = new CountDownLatch(1);
        Heard heard = new Heard();
        Heard other = new Heard();
        Heard late = new Heard();
        registry.watch(name("pay"), (snapshot, changes) -> {
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> release.getCount() == 0);
            late.changed(snapshot, changes);
        });
        registry.watch(name("pay"), heard);
        registry.watch(name("other"), other);

        Registration a = registered(registry, instance("a"));
        registered(registry, instance("other", "a"));
        eventually(() -> assertThat(heard.steps()).containsExactly("JOINED a"));
        eventually(() -> assertThat(other.steps()).containsExactly("JOINED a"));
        a.close();
        registered(registry, instance("b"));
        eventually(() -> assertThat(heard.steps()).endsWith("JOINED b"));

        release.countDown();
        eventually(() -> assertThat(late.changes)
                .extracting(change -> change.kind() + " " + change.instance().id())
                .endsWith("JOINED b"));
        assertThat(ids(late.snapshots.get(late.snapshots.size() - 1))).containsExactly("b");
    }

    @Test
    void a_listener_may_end_its_own_subscription() {
        Registry registry = process();
        Heard heard = new Heard();
        Heard other = new Heard();
        CompletableFuture<Subscription> own = new CompletableFuture<>();
        own.complete(registry.watch(name("pay"), (snapshot, changes) -> {
            heard.changed(snapshot, changes);
            own.join().close();
        }));
        registry.watch(name("pay"), other);
        eventually(() -> assertThat(heard.snapshots).hasSize(1));

        registered(registry, instance("a"));
        eventually(() -> assertThat(other.steps()).containsExactly("JOINED a"));
        assertThat(heard.snapshots).hasSize(1);
    }

    @Test
    void a_listener_may_use_the_registry() {
        Registry registry = process();
        Set<String> seen = Collections.synchronizedSet(new HashSet<>());
        registry.watch(name("pay"), (snapshot, changes) -> {
            registry.lookup(name("pay")).instances().forEach(instance -> seen.add(instance.id()));
            registry.watch(name("pay"), SnapshotListener.NONE).close();
        });
        registered(registry, instance("a"));

        eventually(() -> assertThat(seen).containsExactly("a"));
    }

    @Test
    void a_closed_subscription_hears_nothing_more() {
        Registry registry = process();
        Heard heard = new Heard();
        Heard other = new Heard();
        Subscription subscription = registry.watch(name("pay"), heard);
        registry.watch(name("pay"), other);
        eventually(() -> assertThat(heard.snapshots).hasSize(1));

        subscription.close();
        registered(registry, instance("a"));

        eventually(() -> assertThat(other.steps()).containsExactly("JOINED a"));
        assertThat(heard.changes).isEmpty();
    }

    @Test
    void a_service_can_be_watched_again_after_its_last_subscription_has_gone() {
        Registry registry = process();
        registered(registry, instance("a"));
        for (int round = 0; round < 10; round++) {
            try (Subscription subscription = registry.watch(name("pay"), SnapshotListener.NONE)) {
                assertThat(subscription.await(patience())).isTrue();
                assertThat(ids(subscription.snapshot())).containsExactly("a");
            }
        }
    }

    @Test
    void any_text_goes_through_metadata_unchanged() {
        Map<String, String> metadata = Map.of(
                "", "empty key",
                "empty value", "",
                "quotes \" and \\ and /", "a\"b\\c/d",
                "html", "<script>&'</script>",
                "control", "\u0000\u0001\b\t\n\f\r\u001b[31m\u007f\u0085",
                "separators", "\u2028\u2029\u202e\ufeff",
                "größe", "日本語 Ω é e\u0301",
                "emoji \uD83D\uDE00", "\uD83D\uDE00\uD83C\uDDE9\uD83C\uDDEA",
                "json", "{\"metadata\":{\"a\":null},\"nodes\":[]}",
                "long", "x".repeat(20_000));
        Instance instance =
                instance("a").withMetadata(metadata).withServiceMetadata(Map.of("of the service", "<&>\u2028"));
        Registry registry = process();
        registered(registry, instance);

        assertThat(process().lookup(name("pay")).instances()).containsExactly(instance);
    }

    @Test
    void any_id_and_version_go_through_unchanged() {
        Registry registry = process();
        List<Instance> instances = List.of(
                instance("a/b"),
                instance("a b+c%2F?#&="),
                instance("größe-日本"),
                instance("quoted \"\\"),
                instance("v").withVersion("1.0.0-β+<build>"));
        instances.forEach(each -> registered(registry, each));

        assertThat(process().lookup(name("pay")).instances()).containsExactlyInAnyOrderElementsOf(instances);
    }

    @Test
    void endpoints_with_nested_values_go_through_unchanged() {
        Value leaf = new Value("zip", "string", List.of());
        Value address = new Value("address", "Address", List.of(leaf, new Value("lines", "[]string", List.of())));
        Value request = new Value("Request", "Request", List.of(address, new Value("name", "string", List.of())));
        Instance instance = instance("a")
                .withEndpoints(List.of(
                        new Endpoint(
                                "Pay.Charge",
                                request,
                                new Value("Response", "Response", List.of()),
                                Map.of("stream", "true", "path", "[\"/v1\"]")),
                        Endpoint.of("Pay.Ping")));
        registered(process(), instance);

        assertThat(process().lookup(name("pay")).instances()).containsExactly(instance);
    }

    @Test
    void addresses_of_all_kinds_go_through_unchanged() {
        Registry registry = process();
        List<Instance> instances = List.of(
                instance("v4").withAddress(new Address("192.168.1.1", 1)),
                instance("v6").withAddress(new Address("2001:db8::1", 65535)),
                instance("name").withAddress(new Address("node-1.internal", 8080)));
        instances.forEach(each -> registered(registry, each));

        assertThat(process().lookup(name("pay")).instances()).containsExactlyInAnyOrderElementsOf(instances);
    }

    @Test
    void what_must_not_be_registered_is_refused_and_says_why() {
        Registry registry = process();
        Map<Instance, String> refused = Map.of(
                Instance.of("", "h", 1), "service name: empty (expected: 1 to 128 characters)",
                Instance.of("n".repeat(129), "h", 1), "service name: 129 characters (expected: at most 128)",
                Instance.of("a\nb", "h", 1), "service name: \"a\\u000ab\" has a control character (expected: none)",
                Instance.of("a/../b", "h", 1),
                        "service name: \"a/../b\" has the path segment \"..\" (expected: segments other than \"\","
                                + " \".\" and \"..\")",
                Instance.of("./b", "h", 1),
                        "service name: \"./b\" has the path segment \".\" (expected: segments other than \"\","
                                + " \".\" and \"..\")",
                instance("a\u0000"), "id: \"a\\u0000\" has a control character (expected: none)",
                instance(""), "id: empty (expected: 1 to 256 characters)",
                instance("a").withMetadata("big", "x".repeat(64 * 1024)),
                        "metadata: 65539 characters (expected: at most 65536)",
                instance("a").withMetadata("broken", "\uD83D"),
                        "metadata: half a surrogate pair (expected: valid Unicode text)");
        refused.forEach((instance, message) -> assertThatExceptionOfType(InvalidInstanceException.class)
                .isThrownBy(() -> registry.register(instance))
                .withMessage(message));
        Registration good = registered(registry, instance("a"));
        assertThatExceptionOfType(InvalidInstanceException.class)
                .isThrownBy(() -> good.update(instance("a").withMetadata("broken", "\uDE00")));
        assertThat(ours(registry.services())).containsExactly(name("pay"));
    }
}
