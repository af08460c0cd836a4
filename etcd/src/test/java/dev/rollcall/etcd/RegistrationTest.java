package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RegistrationTest {
    private static EtcdProcess etcd;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    static String url(String options) {
        return "etcd://" + etcd.endpoint() + "?" + options;
    }

    @Test
    void an_instance_is_registered_found_and_gone_after_close() {
        try (Rollcall rollcall = Rollcall.connect(url("ttl=5s"))) {
            Instance instance = Instance.of("hello.srv.say", "127.0.0.1", 8080).withMetadata("zone", "a");
            Registration registration = rollcall.register(instance).await(Duration.ofSeconds(5));
            assertThat(rollcall.lookup("hello.srv.say").instances()).containsExactly(instance);
            assertThat(rollcall.services()).contains("hello.srv.say");
            ServiceView view = rollcall.service("hello.srv.say");
            assertThat(view.pick()).isEqualTo(instance);
            registration.close();
            await().atMost(Duration.ofSeconds(2)).until(() -> view.snapshot().size() == 0);
            assertThat(rollcall.lookup("hello.srv.say").instances()).isEmpty();
        }
    }

    @Test
    void etcd_killed_and_restarted() {
        try (Rollcall rollcall = Rollcall.connect(url("ttl=2s"))) {
            Instance instance = Instance.of("hello.srv.kill", "127.0.0.1", 8080).withMetadata("zone", "a");
            Registration registration = rollcall.register(instance).await(Duration.ofSeconds(5));
            rollcall.events(e -> System.out.println(e));
            ServiceView view = rollcall.service("hello.srv.kill");
            etcd.kill();
            await().atMost(Duration.ofSeconds(10)).until(() -> registration.state() == Registration.State.RECOVERING);
            etcd.start();
            await().atMost(Duration.ofSeconds(10)).until(() -> registration.state() == Registration.State.REGISTERED);
            assertThat(view.pick()).isEqualTo(instance);
            etcd.kill();
            etcd.wipe();
            etcd.start();
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> rollcall.lookup("hello.srv.kill").instances().size() == 1);
            System.out.println(rollcall.counters());
        }
    }
}
