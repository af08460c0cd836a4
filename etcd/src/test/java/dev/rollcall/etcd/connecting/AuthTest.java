package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.Event.Disconnected;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.ServiceView;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;
import dev.rollcall.testing.FaultProxy;
import dev.rollcall.testing.TestCertificates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** User and password against real etcds: who is let in, how often etcd is asked, and what a user is told. */
@Tag("etcd")
@Tag("auth")
class AuthTest {
    private static final String SERVICE = "hello.srv.say";
    private static final Duration SOON = Duration.ofSeconds(3);

    private final Heard heard = new Heard();

    private static Instance instance() {
        return Instance.of(SERVICE, "127.0.0.1", 8080);
    }

    private static long authentications(Rollcall rollcall) {
        return rollcall.counters().getOrDefault("authentications", 0L);
    }

    private static void awaitRegistered(Registration registration) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(15))
                .until(() -> registration.state() == State.REGISTERED);
    }

    private static void awaitLive(ServiceView view) {
        await().atMost(Duration.ofSeconds(15)).until(() -> view.snapshot().freshness() == Freshness.LIVE);
    }

    /** Looks up until there were so many authentications in all; no look-up fails meanwhile. */
    private static void lookUpUntil(Rollcall rollcall, int authentications) {
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    rollcall.lookup(SERVICE);
                    return authentications(rollcall) >= authentications;
                });
    }

    @Test
    void a_wrong_password_is_told_at_once_and_etcd_is_not_asked_again_and_again() {
        try (SecuredEtcd etcd = SecuredEtcd.launch();
                Rollcall rollcall = heard.connect(SecuredEtcd.url(etcd.etcd().endpoint(), "wrong", "ttl=5s"))) {
            String said = "etcd at " + etcd.etcd().endpoint() + ": authentication failed, invalid user ID or password";
            long start = System.nanoTime();
            Registration registration = rollcall.register(instance());
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> rollcall.lookup(SERVICE))
                        .isInstanceOf(AccessDeniedException.class)
                        .hasMessage(said);
            }
            assertThatThrownBy(() -> registration.await(Duration.ofMillis(500)))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining("authentication failed, invalid user ID or password");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
            assertThat(authentications(rollcall)).isEqualTo(1);
        }
    }

    @Test
    void fail_fast_tells_a_wrong_password_from_an_absent_etcd() {
        try (SecuredEtcd etcd = SecuredEtcd.launch()) {
            long start = System.nanoTime();
            assertThatThrownBy(
                            () -> Rollcall.connect(SecuredEtcd.url(etcd.etcd().endpoint(), "wrong", "fail-fast=true")))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageContaining("authentication failed");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
            Rollcall.connect(etcd.url("fail-fast=true")).close();
        }
    }

    @Test
    void without_a_user_an_etcd_with_authentication_says_what_it_wants() {
        try (SecuredEtcd etcd = SecuredEtcd.launch();
                Rollcall rollcall = heard.connect("etcd://" + etcd.etcd().endpoint())) {
            assertThatThrownBy(() -> rollcall.lookup(SERVICE))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + etcd.etcd().endpoint()
                            + ": authentication is on and we have no user (expected: a user and a password)");
        }
    }

    @Test
    void many_callers_share_one_authentication_when_the_token_ends() throws Exception {
        EtcdOptions options = EtcdOptions.defaults().withJwtTokens(TestCertificates.tokenKeys(), Duration.ofSeconds(5));
        try (SecuredEtcd etcd = SecuredEtcd.launch(options);
                Rollcall rollcall = heard.connect(etcd.url("ttl=5s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            long before = etcd.authentications();
            ExecutorService callers = Executors.newFixedThreadPool(10);
            try {
                List<Future<?>> done = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    done.add(callers.submit(() -> lookUpUntil(rollcall, 2)));
                }
                for (Future<?> each : done) {
                    each.get();
                }
            } finally {
                callers.shutdownNow();
            }
            assertThat(etcd.authentications() - before).isEqualTo(1);
            assertThat(authentications(rollcall)).isEqualTo(2);
            assertThat(registration.state()).isEqualTo(State.REGISTERED);
            assertThat(view.snapshot().freshness()).isEqualTo(Freshness.LIVE);
            assertThat(heard.all(Disconnected.class)).isEmpty();
        }
    }

    @Test
    void an_idle_token_ends_and_the_next_connection_gets_a_new_one() {
        EtcdOptions options = EtcdOptions.defaults().withSimpleTokens(Duration.ofSeconds(1));
        try (SecuredEtcd etcd = SecuredEtcd.launch(options);
                FaultProxy proxy = FaultProxy.to(etcd.etcd().endpoint());
                Rollcall rollcall = heard.connect(SecuredEtcd.url(proxy.endpoint(), SecuredEtcd.PASSWORD, "ttl=3s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            long lease = lease(etcd, registration);
            long keepalives = rollcall.counters().getOrDefault("keepalives", 0L);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> rollcall.counters().getOrDefault("keepalives", 0L) >= keepalives + 5); // one a second
            proxy.reset();
            heard.awaitConnected(2);
            awaitRegistered(registration);
            awaitLive(view);
            assertThat(authentications(rollcall)).isEqualTo(2);
            assertThat(lease(etcd, registration)).isEqualTo(lease);
            registration.update(registration.instance().withMetadata("changed", "yes"));
            await().until(() -> view.snapshot().instances().get(0).metadata().containsKey("changed"));
        }
    }

    private static long lease(SecuredEtcd etcd, Registration registration) {
        return etcd.root()
                .get("/micro/registry/" + SERVICE + "/"
                        + registration.instance().id())
                .orElseThrow()
                .lease();
    }

    @Test
    void a_token_is_kept_over_a_reconnect_and_made_anew_when_the_member_that_knew_it_restarts() {
        try (SecuredEtcd etcd = SecuredEtcd.launch();
                FaultProxy proxy = FaultProxy.to(etcd.etcd().endpoint());
                Rollcall rollcall = heard.connect(SecuredEtcd.url(proxy.endpoint(), SecuredEtcd.PASSWORD, "ttl=10s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            long lease = lease(etcd, registration);
            proxy.reset();
            heard.awaitConnected(2);
            awaitRegistered(registration);
            assertThat(authentications(rollcall)).isEqualTo(1);
            etcd.etcd().terminate(); // killed, it may do again what it has not on disk, and know the token still
            etcd.etcd().start();
            heard.awaitConnected(3);
            awaitRegistered(registration);
            awaitLive(view);
            await().atMost(Duration.ofSeconds(40)) // the first call that needs it asks for the new one
                    .until(() -> authentications(rollcall) > 1);
            assertThat(authentications(rollcall))
                    .as("once more if etcd restarts slowly")
                    .isLessThan(4);
            assertThat(lease(etcd, registration)).isEqualTo(lease);
        }
    }

    @Test
    void authentication_switched_on_under_a_connected_user_is_followed() {
        try (SecuredEtcd etcd = SecuredEtcd.open(EtcdOptions.defaults());
                Rollcall rollcall = heard.connect(etcd.url("ttl=10s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            etcd.lock();
            assertThat(rollcall.lookup(SERVICE).size()).isEqualTo(1);
            registration.update(registration.instance().withMetadata("changed", "yes"));
            await().until(() -> view.snapshot().instances().get(0).metadata().containsKey("changed"));
            assertThat(authentications(rollcall)).isEqualTo(2);
            assertThat(heard.all(Disconnected.class)).isEmpty();

            etcd.root().run("auth", "disable");
            // etcd refuses our token now, and a token that was made just now is not renewed
            await().atMost(Duration.ofSeconds(10))
                    .ignoreException(AccessDeniedException.class)
                    .until(() -> rollcall.lookup(SERVICE).size() == 1);
            assertThat(heard.all(Disconnected.class)).isEmpty();
        }
    }

    @Test
    void a_password_changed_live_is_told_and_everything_is_back_when_it_is_repaired() {
        try (SecuredEtcd etcd = SecuredEtcd.launch();
                Rollcall rollcall = heard.connect(etcd.url("ttl=20s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            long lease = lease(etcd, registration);
            // a token that was made just now is not renewed
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                etcd.root().changePassword("alice", "another");
                try {
                    rollcall.lookup(SERVICE);
                    return false;
                } catch (AccessDeniedException told) {
                    return String.valueOf(told.getMessage()).contains("authentication failed");
                }
            });
            assertThat(view.snapshot().size()).isEqualTo(1);
            await().until(() -> view.snapshot().freshness() == Freshness.STALE);
            await().untilAsserted(() ->
                    assertThat(rollcall.health().problems()).anyMatch(each -> each.contains("authentication failed")));
            etcd.root().changePassword("alice", SecuredEtcd.PASSWORD);
            awaitRegistered(registration);
            awaitLive(view);
            assertThat(lease(etcd, registration)).isEqualTo(lease);
            assertThat(authentications(rollcall)).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void a_role_taken_away_live_is_told_and_everything_is_back_when_it_is_given_again() {
        try (SecuredEtcd etcd = SecuredEtcd.launch();
                Rollcall rollcall = heard.connect(etcd.url("ttl=20s"))) {
            Registration registration = rollcall.register(instance()).await(Duration.ofSeconds(5));
            ServiceView view = rollcall.service(SERVICE);
            etcd.root().revokeRole("alice", "registry");
            assertThatThrownBy(() -> rollcall.lookup(SERVICE))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + etcd.etcd().endpoint() + ": permission denied");
            registration.update(registration.instance().withMetadata("changed", "yes"));
            assertThat(view.snapshot().size()).isEqualTo(1);
            etcd.root().grantRole("alice", "registry");
            assertThat(rollcall.lookup(SERVICE).size()).isEqualTo(1);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> view.snapshot().instances().get(0).metadata().containsKey("changed"));
            awaitRegistered(registration);
            assertThat(authentications(rollcall)).isEqualTo(1);
        }
    }

    @Test
    @Tag("tls")
    void a_client_certificate_is_a_user_of_its_own() {
        TestCertificates ours = TestCertificates.trusted();
        EtcdOptions options =
                EtcdOptions.defaults().withServerCertificate(ours.server()).withClientAuthority(ours.authority());
        try (EtcdProcess etcd = EtcdProcess.launch(options)) {
            TestCertificates.Identity alice = ours.client("alice");
            Etcdctl root = etcd.ctl().withAuthority(ours.authority()).withCertificate(ours.client("root"));
            root.addUser("alice", "unused");
            root.addRole("one", "readwrite", "/micro/registry/" + SERVICE + "/");
            root.grantRole("alice", "one");
            root.enableAuth("unused");
            try (Rollcall rollcall = heard.connect("etcd://" + etcd.endpoint() + "?ttl=5s&ca=" + ours.authority()
                    + "&cert=" + alice.certificate() + "&key=" + alice.key())) {
                rollcall.register(instance()).await(Duration.ofSeconds(5));
                assertThat(rollcall.lookup(SERVICE).size()).isEqualTo(1);
                assertThatThrownBy(() -> rollcall.lookup("another"))
                        .isInstanceOf(AccessDeniedException.class)
                        .hasMessageEndingWith("permission denied");
                assertThat(authentications(rollcall)).isZero();
            }
        }
    }
}
