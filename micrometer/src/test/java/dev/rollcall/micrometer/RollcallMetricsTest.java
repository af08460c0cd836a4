package dev.rollcall.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RollcallMetricsTest {
    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry backend = MemoryRegistry.open(name);
    private final Rollcall rollcall = Rollcall.builder()
            .registry("memory://" + name)
            .environment(Map.of())
            .option("wait", "1ms")
            .connect();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @AfterEach
    void close() {
        meters.close();
        rollcall.close();
        backend.close();
    }

    private static Instance instance(String id) {
        return Instance.of("svc.pay", "10.0.0.7", 8080).withId(id);
    }

    private double registrations(String state) {
        return meters.get("rollcall.registrations").tag("state", state).gauge().value();
    }

    private double view(String meter, String service) {
        return meters.get("rollcall.view." + meter)
                .tag("service", service)
                .gauge()
                .value();
    }

    @Test
    void registrations_are_counted_by_state() {
        new RollcallMetrics(rollcall).bindTo(meters);
        rollcall.register(instance("a"));
        rollcall.register(instance("b"));
        backend.lose("svc.pay", "b");

        assertThat(registrations("registered")).isEqualTo(1);
        assertThat(registrations("recovering")).isEqualTo(1);
        assertThat(registrations("superseded")).isZero();
        rollcall.registrations().get(0).close();
        assertThat(registrations("registered")).isZero();
        assertThat(meters.get("rollcall.registrations").meters()).hasSize(5);
    }

    @Test
    void a_view_has_its_size_and_its_age() {
        rollcall.service("svc.pay");
        new RollcallMetrics(rollcall).bindTo(meters);
        backend.register(instance("a"));
        backend.register(instance("b"));

        assertThat(view("instances", "svc.pay")).isEqualTo(2);
        assertThat(view("stale", "svc.pay")).isZero();
        backend.pause();
        assertThat(view("stale", "svc.pay")).isPositive();
        assertThat(view("instances", "svc.pay")).isEqualTo(2);
    }

    @Test
    void a_view_opened_later_gets_its_meters_and_a_closed_one_loses_them() {
        new RollcallMetrics(rollcall).bindTo(meters);
        ServiceView view = rollcall.service("svc.pay");
        await().until(() -> meters.find("rollcall.view.stale").gauges().size() == 1);
        assertThat(view("instances", "svc.pay")).isZero();

        view.close();
        assertThat(view("instances", "svc.pay")).isNaN();
        rollcall.service("svc.mail");
        await().untilAsserted(
                        () -> assertThat(meters.find("rollcall.view.instances").meters())
                                .extracting(meter -> meter.getId().getTag("service"))
                                .containsExactly("svc.mail"));
    }

    @Test
    void a_cold_view_has_no_age() {
        backend.pause();
        rollcall.service("svc.pay");
        new RollcallMetrics(rollcall).bindTo(meters);

        assertThat(view("stale", "svc.pay")).isNaN();
    }

    @Test
    void every_counter_of_the_registry_is_a_counter() {
        new RollcallMetrics(rollcall).bindTo(meters);
        rollcall.service("svc.pay");
        CountDownLatch release = new CountDownLatch(1);
        rollcall.events(event -> await().until(() -> release.getCount() == 0));
        for (int i = 0; i < 1000; i++) {
            backend.pause();
            backend.resume();
        }
        long dropped = rollcall.counters().getOrDefault("events.dropped", 0L);
        release.countDown();

        assertThat(dropped).isPositive();
        assertThat(rollcall.counters())
                .allSatisfy((name, value) -> assertThat(
                                meters.get("rollcall." + name).functionCounter().count())
                        .isEqualTo(value.doubleValue()));
    }
}
