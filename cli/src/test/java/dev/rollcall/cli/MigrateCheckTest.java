package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MigrateCheckTest {
    private static final Instance ONE =
            Instance.of("pay", "10.0.0.7", 80).withId("n1").withMetadata("zone", "a");

    private final String a = UUID.randomUUID().toString();
    private final String b = UUID.randomUUID().toString();

    private Run check() {
        return Run.start("migrate-check", "memory://" + a, "memory://" + b);
    }

    @Test
    void two_registries_with_the_same_instances_are_the_same_fleet() {
        try (MemoryRegistry inA = MemoryRegistry.open(a);
                MemoryRegistry inB = MemoryRegistry.open(b)) {
            inA.register(ONE);
            inB.register(ONE.withMetadata("protocol", "grpc"));
            assertThat(check().ends(0).lines()).containsExactly("the same fleet: 1 services, 1 instances");
        }
    }

    @Test
    void what_differs_is_shown_and_is_a_failure() {
        try (MemoryRegistry inA = MemoryRegistry.open(a);
                MemoryRegistry inB = MemoryRegistry.open(b)) {
            inA.register(ONE);
            inA.register(Instance.of("mail", "10.0.0.9", 25).withId("m1"));
            inB.register(ONE.withVersion("v2"));
            inB.register(ONE.withId("n2").withAddress(new dev.rollcall.Address("10.0.0.8", 80)));
            assertThat(check().ends(1).lines())
                    .containsExactly(
                            "SERVICE  ADDRESS      DIFFERENCE  A       B",
                            "mail     10.0.0.9:25  only_in_a   m1      -",
                            "pay      10.0.0.7:80  version     latest  v2",
                            "pay      10.0.0.8:80  only_in_b   -       n2",
                            "3 differences in 2 services, 3 instances");
        }
    }

    @Test
    void two_layouts_of_one_etcd_are_compared_in_what_both_carry() {
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            String at = "etcd://127.0.0.1:" + etcd.port();
            try (Rollcall both = Rollcall.connect(at + "?layout=go-micro,go-kit")) {
                Registration registration = both.register(ONE).await(Duration.ofSeconds(20));
                assertThat(Run.start("migrate-check", "go-micro", "go-kit", "--registry=" + at)
                                .ends(0)
                                .lines())
                        .containsExactly("the same fleet: 1 services, 1 instances; not compared: id, version, status,"
                                + " metadata, service_metadata, endpoints");
                Run.start("migrate-check", "go-micro", "kratos", "--registry=" + at)
                        .ends(1);
                registration.close();
            }
        }
    }

    @Test
    void an_unknown_layout_is_wrong_usage() {
        Run.start("migrate-check", "go-micro", "go-macro").fails(2, "layout: \"go-macro\"");
    }
}
