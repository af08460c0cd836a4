package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.ConfigurationException;
import dev.rollcall.DuplicateRegistrationException;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.Status;
import dev.rollcall.SupersededException;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Registering on a real etcd that stays up. */
@Tag("etcd")
class RegistrationTest {
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofSeconds(15);

    private static EtcdProcess etcd;
    private static Etcdctl ctl;
    private Rollcall rollcall;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
        ctl = etcd.ctl();
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @BeforeEach
    void open() {
        rollcall = connect("ttl=5s");
    }

    @AfterEach
    void close() {
        rollcall.close();
    }

    private static Rollcall connect(String options) {
        return Rollcall.connect("etcd://" + etcd.endpoint() + "?" + options);
    }

    private static Instance instance(String service) {
        return Instance.of(service, "10.0.0.7", 8080).withId("one");
    }

    private static String key(String service) {
        return "/micro/registry/" + service + "/one";
    }

    private static String value(String service) {
        return ctl.get(key(service)).orElseThrow().value();
    }

    private static long lease(String service) {
        return ctl.get(key(service)).orElseThrow().lease();
    }

    private static void becomes(Registration registration, State state) {
        await().atMost(LONG).until(() -> registration.state() == state);
    }

    @Test
    void an_instance_is_registered_found_and_gone_after_close() {
        Instance instance = Instance.of("hello.srv.say", "127.0.0.1", 8080).withMetadata("zone", "a");
        Registration registration = rollcall.register(instance).await(LONG);

        assertThat(instance.id()).startsWith("hello.srv.say-");
        assertThat(rollcall.lookup("hello.srv.say").instances()).containsExactly(instance);
        assertThat(rollcall.services()).contains("hello.srv.say");
        ServiceView view = rollcall.service("hello.srv.say");
        assertThat(view.pick()).isEqualTo(instance);
        registration.close();
        await().atMost(SOON).until(() -> view.snapshot().size() == 0);
        assertThat(rollcall.lookup("hello.srv.say").instances()).isEmpty();
    }

    @Test
    void the_ttl_is_the_one_asked_for_rounded_up_or_the_layouts_30_s() {
        for (String[] each : new String[][] {{"", "30"}, {"ttl=2500ms", "3"}, {"ttl=2s", "2"}}) {
            String service = "ttl" + each[1];
            try (Rollcall own = connect(each[0])) {
                own.register(instance(service)).await(LONG);
                String granted = ctl.run("lease", "timetolive", Long.toHexString(lease(service)));
                assertThat(granted).contains("granted with TTL(" + each[1] + "s)");
            }
        }
    }

    @Test
    void an_update_is_one_write_in_place_on_the_same_lease() {
        Registration registration = rollcall.register(instance("update")).await(LONG);
        long lease = lease("update");

        registration.update(instance("update").withStatus(Status.DRAINING).withMetadata("zone", "b"));
        await().atMost(SOON).until(() -> value("update").contains("\"rollcall.status\":\"draining\""));
        registration.update(instance("update").withMetadata("zone", "b"));
        await().atMost(SOON).until(() -> !value("update").contains("draining"));

        assertThat(value("update")).contains("\"zone\":\"b\"");
        assertThat(lease("update")).isEqualTo(lease);
        assertThat(ctl.get(key("update")).orElseThrow().version()).isEqualTo(3);
        assertThat(registration.state()).isEqualTo(State.REGISTERED);
    }

    @Test
    void a_close_says_draining_first_and_leaves_neither_key_nor_lease() {
        Registration registration = rollcall.register(instance("leave")).await(LONG);
        long lease = lease("leave");
        List<Status> seen = new CopyOnWriteArrayList<>();
        var watch = rollcall.watch(
                "leave", (snapshot, changes) -> snapshot.instances().forEach(instance -> seen.add(instance.status())));
        await().until(() -> !seen.isEmpty());

        registration.close();
        registration.close();

        assertThat(registration.state()).isEqualTo(State.CLOSED);
        assertThat(ctl.get(key("leave"))).isEmpty();
        assertThat(ctl.leases()).doesNotContain(lease);
        await().atMost(SOON).until(() -> seen.contains(Status.DRAINING));
        watch.close();
    }

    @Test
    void revoking_the_old_lease_does_not_delete_a_key_put_again_under_a_new_one() {
        Registration registration = rollcall.register(instance("reput")).await(LONG);
        long old = ctl.grantLease(Duration.ofSeconds(60));
        ctl.put(key("reput"), "overwritten", old);
        becomes(registration, State.SUPERSEDED);
        ctl.delete(key("reput"));
        becomes(registration, State.REGISTERED);

        ctl.revokeLease(old);

        assertThat(ctl.get(key("reput"))).isPresent();
    }

    @Test
    void a_go_micro_that_adopts_our_lease_supersedes_us_and_keeps_it() {
        Registration registration = rollcall.register(instance("adopt")).await(LONG);
        long lease = lease("adopt");

        ctl.put(key("adopt"), "go-micro's", lease);
        await().atMost(SOON).until(() -> !value("adopt").equals("go-micro's"));
        becomes(registration, State.REGISTERED);
        ctl.put(key("adopt"), "go-micro's", lease);
        becomes(registration, State.SUPERSEDED);
        registration.close();

        assertThat(value("adopt")).isEqualTo("go-micro's");
        assertThat(ctl.leases()).contains(lease);
    }

    @Test
    void the_same_id_in_two_processes_belongs_to_the_later_one_until_it_leaves() {
        List<String> events = new CopyOnWriteArrayList<>();
        rollcall.events(event -> {
            if (event instanceof Event.RegistrationChanged changed) {
                events.add(changed.from() + " -> " + changed.to());
            }
        });
        Registration older = rollcall.register(instance("twice")).await(LONG);
        try (Rollcall other = connect("ttl=5s")) {
            Instance successor = instance("twice").withMetadata("zone", "b");
            Registration newer = other.register(successor).await(LONG);
            becomes(older, State.SUPERSEDED);

            assertThat(older.problem()).containsInstanceOf(SupersededException.class);
            assertThatThrownBy(() -> older.await(Duration.ofMillis(50))).isInstanceOf(SupersededException.class);
            assertThat(rollcall.health().ok()).isFalse();
            assertThat(newer.state()).isEqualTo(State.REGISTERED);
            assertThat(rollcall.lookup("twice").instances()).containsExactly(successor);
        }
        becomes(older, State.REGISTERED);

        assertThat(rollcall.lookup("twice").instances()).containsExactly(instance("twice"));
        await().until(() -> events.size() == 4);
        assertThat(events)
                .containsExactly(
                        "REGISTERING -> REGISTERED",
                        "REGISTERED -> SUPERSEDED",
                        "SUPERSEDED -> RECOVERING",
                        "RECOVERING -> REGISTERED");
    }

    @Test
    void a_close_does_not_delete_a_successors_key() {
        Registration older = rollcall.register(instance("successor")).await(LONG);
        try (Rollcall other = connect("ttl=5s")) {
            other.register(instance("successor").withMetadata("zone", "b")).await(LONG);

            older.close();

            assertThat(value("successor")).contains("\"zone\":\"b\"");
        }
    }

    @Test
    void the_same_id_twice_in_one_process_is_refused_until_the_first_is_closed() {
        for (int i = 0; i < 5; i++) {
            Registration first = rollcall.register(instance("duplicate"));
            assertThatThrownBy(() -> rollcall.register(instance("duplicate")))
                    .isInstanceOf(DuplicateRegistrationException.class)
                    .hasMessageContaining("already registered by this process, at 10.0.0.7:8080");
            first.close(); // and its name is free as soon as this returns
        }
    }

    @Test
    void a_hundred_registrations_opened_and_closed_at_once_leave_nothing() throws Exception {
        List<Long> before = ctl.leases();
        ExecutorService threads = Executors.newFixedThreadPool(20);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Instance instance = instance("hundred").withId("i" + i);
                boolean wait = i % 3 == 0;
                all.add(threads.submit(() -> {
                    Registration registration = rollcall.register(instance);
                    if (wait) {
                        registration.await(LONG);
                    }
                    registration.close();
                    assertThat(registration.state()).isEqualTo(State.CLOSED);
                }));
            }
            for (Future<?> each : all) {
                each.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(ctl.list("/micro/registry/hundred/")).isEmpty();
        assertThat(rollcall.registrations()).isEmpty();
        assertThat(before).containsAll(ctl.leases());
    }

    @Test
    void what_must_not_be_registered_is_refused_with_what_was_expected() {
        refused(instance(""), "service name: empty (expected: 1 to 128 characters)");
        refused(instance("x".repeat(129)), "service name: 129 characters (expected: at most 128)");
        refused(instance("a\nb"), "service name: \"a\\u000ab\" has a control character (expected: none)");
        refused(instance("a/../b"), "service name: \"a/../b\" has the path segment \"..\"");
        refused(instance("a").withId("x\0y"), "id: \"x\\u0000y\" has a control character (expected: none)");
        refused(
                instance("a").withMetadata("k", "x".repeat(70_000)),
                "metadata: 70001 characters (expected: at most 65536)");
        assertThatThrownBy(() -> Instance.of("a", "10.0.0.7", 0))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("address: port 0 of host \"10.0.0.7\" (expected: 1 to 65535)");
        assertThatThrownBy(() -> Instance.of("a", "10.0.0.7", 70_000)).hasMessageContaining("port 70000");
        assertThat(rollcall.registrations()).isEmpty();
        Registration registration = rollcall.register(instance("bad.update"));
        assertThatThrownBy(() -> registration.update(instance("bad.update").withMetadata("k", "x".repeat(70_000))))
                .isInstanceOf(InvalidInstanceException.class);
        assertThatThrownBy(() -> connect("ttl=0s"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("ttl: 0s (expected: >= 2s)");
        assertThatThrownBy(() -> connect("ttl=-5s")).hasMessage("ttl: -5s (expected: >= 2s)");
    }

    private void refused(Instance instance, String message) {
        assertThatThrownBy(() -> rollcall.register(instance))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessageStartingWith(message);
    }
}
