package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Event.Connected;
import dev.rollcall.Event.Disconnected;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import dev.rollcall.testing.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several endpoints, of which some are dead, deaf or slow. Two proxies in front of one etcd stand for two members. */
@Tag("etcd")
class EndpointsTest {
    private static final String SERVICE = "hello.srv.say";

    private static EtcdProcess etcd;

    @BeforeAll
    static void launch() {
        etcd = EtcdProcess.launch();
    }

    @AfterAll
    static void end() {
        etcd.close();
    }

    private static String dead() {
        return "127.0.0.1:" + Ports.free();
    }

    private static void awaitRegistered(Registration registration) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(10))
                .until(() -> registration.state() == State.REGISTERED);
    }

    private static long lease(Registration registration) {
        return etcd.ctl()
                .get("/micro/registry/" + SERVICE + "/"
                        + registration.instance().id())
                .orElseThrow()
                .lease();
    }

    @Test
    void a_dead_first_endpoint_costs_no_time() {
        Heard heard = new Heard();
        String dead = dead();
        try (Rollcall rollcall = heard.connect("etcd://" + dead + "," + etcd.endpoint())) {
            assertThat(rollcall.services()).isNotNull();
            assertThat(heard.await(1, Disconnected.class).get(0).problem())
                    .isInstanceOf(UnavailableException.class)
                    .hasMessage("etcd at " + dead + ": connection refused");
            assertThat(heard.awaitConnected(1)).isEqualTo(etcd.endpoint());
        }
    }

    @Test
    void a_first_endpoint_that_accepts_and_never_answers_delays_the_start_by_one_deadline() {
        try (FaultProxy deaf = FaultProxy.to(etcd.endpoint())) {
            deaf.blackHole();
            Heard heard = new Heard();
            // the default deadline of 2 s leaves time for an answer within the 3 s that a look-up waits
            try (Rollcall rollcall = heard.connect("etcd://" + deaf.endpoint() + "," + etcd.endpoint())) {
                assertThat(rollcall.services()).isNotNull();
                assertThat(heard.firstProblem())
                        .hasMessage("etcd at " + deaf.endpoint() + ": cannot connect in 2000 ms");
            }
        }
    }

    @Test
    void a_member_that_serves_connections_but_no_calls_is_left() {
        try (ScriptedEtcd deaf = ScriptedEtcd.launch()) {
            deaf.always("Range", CallScript.silence());
            Heard heard = new Heard();
            try (Rollcall rollcall =
                    heard.connect("etcd://" + deaf.endpoint() + "," + etcd.endpoint() + "?timeout=300ms")) {
                assertThat(rollcall.services()).isNotNull();
                assertThat(heard.firstProblem()).hasMessage("etcd at " + deaf.endpoint() + ": no answer in 300 ms");
            }
        }
    }

    @Test
    void when_nobody_answers_the_error_names_every_endpoint_and_what_is_wrong_with_it() {
        try (FaultProxy deaf = FaultProxy.to(etcd.endpoint())) {
            deaf.blackHole();
            String dead = dead();
            try (Rollcall rollcall = new Heard().connect("etcd://" + dead + "," + deaf.endpoint() + "?timeout=200ms")) {
                assertThatThrownBy(() -> rollcall.lookup(SERVICE))
                        .isInstanceOf(UnavailableException.class)
                        .hasMessageStartingWith("lookup of \"" + SERVICE + "\": no answer in 300 ms: ")
                        .hasMessageContaining("etcd at " + dead + ": connection refused")
                        .hasMessageContaining("etcd at " + deaf.endpoint() + ": cannot connect in ");
            }
        }
    }

    @Test
    void the_next_endpoint_takes_over_when_the_active_one_dies_and_nobody_leaves() {
        try (FaultProxy first = FaultProxy.to(etcd.endpoint());
                FaultProxy second = FaultProxy.to(etcd.endpoint())) {
            Heard heard = new Heard();
            try (Rollcall rollcall =
                    heard.connect("etcd://" + first.endpoint() + "," + second.endpoint() + "?ttl=5s")) {
                Registration registration =
                        rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1)).await(Duration.ofSeconds(5));
                ServiceView view = rollcall.service(SERVICE);
                long lease = lease(registration);
                first.cut();
                assertThat(heard.awaitConnected(2)).isEqualTo(second.endpoint());
                awaitRegistered(registration);
                await().until(() -> view.snapshot().freshness() == Freshness.LIVE);
                second.cut();
                first.heal();
                assertThat(heard.awaitConnected(3)).isEqualTo(first.endpoint());
                awaitRegistered(registration);
                assertThat(lease(registration)).isEqualTo(lease);
                assertThat(view.snapshot().size()).isEqualTo(1);
                assertThat(rollcall.counters()).containsEntry("reconnects", 2L);
                assertThat(heard.noBug()).isTrue();
            }
        }
    }

    @Test
    void an_endpoint_that_falls_silent_is_left_as_soon_as_two_calls_had_no_answer() {
        try (FaultProxy first = FaultProxy.to(etcd.endpoint());
                FaultProxy second = FaultProxy.to(etcd.endpoint())) {
            Heard heard = new Heard();
            try (Rollcall rollcall =
                    heard.connect("etcd://" + first.endpoint() + "," + second.endpoint() + "?ttl=3s&timeout=300ms")) {
                Registration registration =
                        rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1)).await(Duration.ofSeconds(5));
                long lease = lease(registration);
                first.blackHole();
                assertThat(heard.awaitConnected(2)).isEqualTo(second.endpoint());
                awaitRegistered(registration);
                assertThat(lease(registration)).isEqualTo(lease);
            }
        }
    }

    @Test
    void an_endpoint_that_falls_silent_under_a_view_alone_is_left_within_15_seconds() {
        try (FaultProxy first = FaultProxy.to(etcd.endpoint())) {
            Heard heard = new Heard();
            try (Rollcall rollcall = heard.connect("etcd://" + first.endpoint() + "," + etcd.endpoint())) {
                ServiceView view = rollcall.service("svc.nobody");
                await().until(() -> view.snapshot().freshness() == Freshness.LIVE);
                first.blackHole();
                await().atMost(Duration.ofSeconds(16))
                        .until(() -> heard.all(Connected.class).size() == 2);
                await().until(() -> view.snapshot().freshness() == Freshness.LIVE);
            }
        }
    }

    @Test
    void a_slow_etcd_is_given_more_time_and_keeps_its_instances() {
        try (FaultProxy slow = FaultProxy.to(etcd.endpoint())) {
            Heard heard = new Heard();
            try (Rollcall rollcall = heard.connect("etcd://" + slow.endpoint() + "?ttl=3s&timeout=200ms")) {
                Registration registration =
                        rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1)).await(Duration.ofSeconds(5));
                ServiceView view = rollcall.service(SERVICE);
                long lease = lease(registration);
                slow.delay(Duration.ofMillis(150));
                long keepalives = rollcall.counters().getOrDefault("keepalives", 0L);
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> rollcall.counters().getOrDefault("keepalives", 0L) >= keepalives + 3);
                awaitRegistered(registration);
                assertThat(lease(registration)).isEqualTo(lease);
                assertThat(view.snapshot().size()).isEqualTo(1);
                assertThat(rollcall.counters()).containsEntry("leases.granted", 1L);
            }
            try (Rollcall late = new Heard().connect("etcd://" + slow.endpoint() + "?timeout=200ms")) {
                ServiceView view = late.service("svc.nobody");
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> view.snapshot().freshness() == Freshness.LIVE);
            }
        }
    }

    @Test
    void a_start_succeeds_without_etcd_and_registers_when_it_appears() {
        try (EtcdProcess absent = EtcdProcess.launch()) {
            absent.kill();
            Heard heard = new Heard();
            try (Rollcall rollcall = heard.connect("etcd://" + absent.endpoint() + "?ttl=5s")) {
                Registration registration = rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1));
                heard.await(3, Disconnected.class);
                assertThat(registration.state()).isEqualTo(State.REGISTERING);
                assertThat(rollcall.health().ok()).isFalse();
                absent.start();
                registration.await(Duration.ofSeconds(10));
                assertThat(rollcall.services()).isEqualTo(Set.of(SERVICE));
            }
        }
    }

    @Test
    void fail_fast_fails_within_its_deadline_and_says_why() {
        String dead = dead();
        long start = System.nanoTime();
        assertThatThrownBy(() -> Rollcall.connect("etcd://" + dead + "?fail-fast=true"))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("connect to etcd: no answer in 3000 ms: etcd at " + dead + ": connection refused");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        try (Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint() + "?fail-fast=true")) {
            assertThat(rollcall.services()).isNotNull();
        }
    }

    @Test
    void closing_while_an_attempt_is_under_way_ends_at_once_and_leaves_no_connection() throws IOException {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            deaf.setSoTimeout(10_000);
            Heard heard = new Heard();
            Rollcall rollcall = heard.connect("etcd://127.0.0.1:" + deaf.getLocalPort());
            try (Socket attempt = deaf.accept()) {
                attempt.setSoTimeout(10_000);
                rollcall.close();
                attempt.getInputStream().readAllBytes(); // comes back only when the other side has ended
            }
            assertThat(heard.noBug()).isTrue();
        }
    }

    @Test
    void closing_leaves_no_connection_behind() {
        try (FaultProxy proxy = FaultProxy.to(etcd.endpoint())) {
            for (int i = 0; i < 20; i++) {
                Heard heard = new Heard();
                try (Rollcall rollcall = heard.connect("etcd://" + proxy.endpoint())) {
                    assertThat(rollcall.services()).isNotNull();
                    if (i % 2 == 0) {
                        proxy.reset();
                    }
                }
                assertThat(heard.noBug()).isTrue();
            }
            await().until(() -> proxy.open() == 0);
        }
    }
}
