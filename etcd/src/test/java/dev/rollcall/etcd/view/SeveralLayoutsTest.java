package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.rollcall.ConfigurationException;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.etcd.testing.SnapshotRecorder;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Registering and reading in other layouts than go-micro's, and in several at once, on a real etcd. */
@Tag("etcd")
class SeveralLayoutsTest {
    private static EtcdProcess etcd;
    private static RawEtcd raw;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
        raw = RawEtcd.at(etcd.endpoint());
    }

    @AfterAll
    static void stopEtcd() {
        raw.close();
        etcd.close();
    }

    private static Rollcall connect(String layout) {
        return Rollcall.connect("etcd://" + etcd.endpoint() + "?layout=" + layout);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "go-kit",
                "go-kit-crc32",
                "go-kit-id",
                "go-kit-url",
                "etcd-naming",
                "kratos",
                "go-zero",
                "kitex",
                "rpcx",
                "coredns",
                "discovery",
                "rollcall",
                "go-micro",
            })
    void an_instance_comes_and_goes_and_junk_beside_it_hurts_nothing(String layout) {
        String service = "svc-" + layout;
        try (Rollcall consumer = connect(layout);
                Rollcall provider = connect(layout)) {
            Instance instance = Instance.of(service, "10.0.0.7", 8080).withId("n1");
            try (SnapshotRecorder seen = SnapshotRecorder.of(consumer, service)) {
                Registration registration = provider.register(instance).await(Duration.ofSeconds(20));
                seen.awaitSize(1);
                String prefix =
                        dev.rollcall.etcd.layout.Layouts.of(layout, null).prefix(service);
                raw.put(prefix + "junk", ByteString.copyFrom(new byte[] {(byte) 0xff, '{'}), 0);
                raw.put(prefix + "a/b/c", "null");
                assertThat(consumer.lookup(service).instances())
                        .singleElement()
                        .satisfies(found -> assertThat(found.address()).isEqualTo(instance.address()));
                assertThat(consumer.services()).contains(service);
                assertThat(consumer.lookup("svc").instances()).isEmpty();
                registration.close();
                seen.awaitSize(0);
            }
        }
    }

    @Test
    void an_instance_in_two_layouts_is_found_in_each_and_is_one_in_both() {
        Instance instance = Instance.of("both", "10.0.0.7", 8080).withId("n1").withMetadata("zone", "a");
        try (Rollcall provider = connect("go-kit,go-micro");
                Rollcall both = connect("go-kit,go-micro");
                Rollcall kit = connect("go-kit");
                Rollcall micro = connect("go-micro");
                SnapshotRecorder seen = SnapshotRecorder.of(both, "both")) {
            Registration registration = provider.register(instance).await(Duration.ofSeconds(20));
            assertThat(micro.lookup("both").instances()).containsExactly(instance);
            assertThat(kit.lookup("both").instances()).extracting(Instance::id).containsExactly("10.0.0.7:8080");
            assertThat(both.lookup("both").instances()).containsExactly(instance);
            assertThat(both.services()).contains("both");
            seen.await(snapshot -> snapshot.instances().equals(java.util.List.of(instance)));
            registration.close();
            seen.awaitSize(0);
            assertThat(kit.lookup("both").instances()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "go-micro,go-micro-v5   | layout: go-micro and go-micro-v5 have their keys in one place",
                "go-kit,etcd-naming     | layout: go-kit and etcd-naming have their keys in one place",
                "go-kit,go-kit          | layout: go-kit and go-kit have their keys in one place",
                "kratos,rollcall:/microservices | layout: kratos and rollcall have their keys in one place",
            })
    void layouts_that_would_read_each_others_keys_are_refused(String layouts, String message) {
        assertThatThrownBy(() -> connect(layouts))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_layout_of_somebody_else_that_throws_loses_the_one_value_and_nothing_more() {
        raw.put("/throwing/pay/1", "10.0.0.7:80");
        raw.put("/throwing/pay/2", "boom");
        raw.put("/throwing/pay/3", "deep");
        try (Rollcall consumer = connect("test-throwing");
                SnapshotRecorder seen = SnapshotRecorder.of(consumer, "pay")) {
            seen.awaitSize(1);
            assertThat(consumer.lookup("pay").instances()).hasSize(1);
            assertThat(consumer.services()).containsExactly("pay");
            raw.put("/throwing/pay/4", "boom");
            raw.put("/throwing/pay/5", "10.0.0.8:80");
            seen.awaitSize(2);
            assertThatThrownBy(() -> consumer.service("boom")).isInstanceOf(IllegalStateException.class);
            assertThat(consumer.lookup("pay").instances()).hasSize(2);
        }
    }

    @Test
    void a_layout_may_be_given_a_prefix_of_its_own_among_several() {
        try (Rollcall provider = connect("go-micro,go-kit-url:/services/")) {
            Registration registration =
                    provider.register(Instance.of("foosvc", "1.2.3.4", 8080)).await(Duration.ofSeconds(20));
            assertThat(raw.list("/services/foosvc/"))
                    .singleElement()
                    .satisfies(kv -> assertThat(kv.getValue().toStringUtf8()).isEqualTo("http://1.2.3.4:8080"));
            registration.close();
        }
    }
}
