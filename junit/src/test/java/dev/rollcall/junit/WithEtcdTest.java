package dev.rollcall.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.junit.WithEtcd.Per;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

class WithEtcdTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Nested
    @WithEtcd
    class What_a_user_writes {
        @Test
        void is_back_at_once_when_its_lease_is_lost(TestEtcd etcd, Rollcall rollcall) {
            rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080)).await(SOON);
            etcd.cut();
            etcd.advanceLeases(Duration.ofMinutes(1));
            etcd.heal();
            await().atMost(SOON)
                    .ignoreExceptions()
                    .until(() -> rollcall.lookup("svc.login").instances().size() == 1);
        }

        @Test
        void writes_itself_again_when_its_lease_is_ended(TestEtcd etcd, Rollcall rollcall) {
            Registration login = rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080))
                    .await(SOON);
            long before = keyRevision(etcd);
            etcd.expireLeases();
            await().atMost(SOON).until(() -> keyRevision(etcd) > before && login.state() == State.REGISTERED);
        }

        @Test
        void a_view_keeps_what_it_knows_while_etcd_is_away(TestEtcd etcd, Rollcall rollcall) {
            rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080)).await(SOON);
            ServiceView view = rollcall.service("svc.login");
            await().atMost(SOON).until(() -> view.snapshot().instances().size() == 1);
            etcd.cut();
            assertThat(view.pick().address()).isEqualTo(new Address("10.0.0.7", 8080));
            etcd.heal();
        }

        @Test
        void a_service_whose_lease_runs_out_is_gone_without_waiting(TestEtcd etcd) {
            try (Probe client = new Probe(etcd.endpoint())) {
                assertThat(client.grant(60)).isPositive();
                etcd.advanceLeases(Duration.ofSeconds(59));
                assertThat(client.leases()).hasSize(1);
                etcd.advanceLeases(Duration.ofSeconds(1));
                assertThat(client.leases()).isEmpty();
            }
        }

        private static long keyRevision(TestEtcd etcd) {
            try (Probe client = new Probe(etcd.endpoint())) {
                return client.newest("/micro/registry/");
            }
        }
    }

    @Nested
    @WithEtcd
    @TestMethodOrder(MethodOrderer.MethodName.class)
    class Each_method_has_its_own {
        private static final Set<Integer> PORTS = new HashSet<>();
        private Address before;

        @BeforeEach
        void set_up(Address address) {
            before = address;
        }

        @Test
        void one(TestEtcd etcd, Address address) {
            own(etcd, address);
        }

        @Test
        void two(TestEtcd etcd, Address address) {
            own(etcd, address);
        }

        private void own(TestEtcd etcd, Address address) {
            assertThat(before).isEqualTo(address);
            assertThat(etcd.endpoint()).isEqualTo(address.toString());
            try (Probe client = new Probe(etcd.endpoint())) {
                assertThat(client.leases()).isEmpty();
                client.grant(60);
            }
            PORTS.add(address.port());
        }
    }

    @Nested
    @WithEtcd(per = Per.CLASS)
    class A_class_shares_one {
        private static String shared;
        private final TestEtcd etcd;

        A_class_shares_one(TestEtcd etcd) {
            this.etcd = etcd;
        }

        @BeforeAll
        static void note(TestEtcd etcd) {
            shared = etcd.endpoint();
        }

        @Test
        void one(TestEtcd mine) {
            assertThat(mine.endpoint()).isEqualTo(shared);
        }

        @Nested
        class And_nested_ones_too {
            @Test
            void two(TestEtcd mine, Rollcall rollcall) {
                assertThat(mine).isSameAs(etcd);
                assertThat(mine.endpoint()).isEqualTo(shared);
                assertThat(rollcall.services()).isEmpty();
            }
        }
    }

    @Test
    void an_etcd_of_a_method_is_not_there_for_the_whole_class() {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(WrongUse.class))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);

        assertThat(listener.getSummary().getFailures()).hasSize(1);
        assertThat(listener.getSummary().getFailures().get(0).getException())
                .hasMessageContaining("each test method has its own (expected: a parameter of a test method, or"
                        + " @WithEtcd(per = CLASS))");
    }
}
