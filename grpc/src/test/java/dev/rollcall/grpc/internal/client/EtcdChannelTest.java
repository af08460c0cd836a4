package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.testing.EtcdProcess;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Channels whose target names a real etcd. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EtcdChannelTest {
    private final List<Runnable> ends = new ArrayList<>();
    private final EtcdProcess etcd = EtcdProcess.launch();
    private final Rollcall servers = Rollcall.connect("etcd://" + address());

    private String address() {
        return etcd.endpoint().replaceFirst("^.*//", "");
    }

    @AfterEach
    void endAll() {
        ends.forEach(Runnable::run);
        ends.clear();
    }

    @AfterAll
    void stop() {
        servers.close();
        etcd.close();
    }

    private Speaker speaker(String name) {
        Speaker speaker = new Speaker(name);
        ends.add(speaker::close);
        return speaker;
    }

    private Registration register(Instance instance) {
        Registration registration = servers.register(instance);
        ends.add(registration::close);
        registration.await(Fleet.LONG);
        return registration;
    }

    private ManagedChannel channel(String service) {
        ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall://" + address() + "/" + service)
                .usePlaintext()
                .build();
        ends.add(channel::shutdownNow);
        return channel;
    }

    @Test
    void who_joins_in_etcd_is_called_and_who_leaves_is_not() {
        register(speaker("a").instance());
        ManagedChannel channel = channel(Speaker.SERVICE);
        Fleet.awaitAnswering(channel, "a");
        Registration second = register(speaker("b").instance());
        Fleet.awaitAnswering(channel, "a", "b");
        second.close();
        Fleet.awaitAnswering(channel, "a");
    }

    @Test
    void an_unknown_service_is_unavailable_after_the_first_list() {
        assertThatThrownBy(() -> Speaker.call(channel("svc.nobody")))
                .hasMessageContaining("UNAVAILABLE")
                .hasMessageContaining("\"svc.nobody\" was never seen: no instance is registered");
    }

    @Test
    void without_etcd_the_list_stays_and_channels_that_were_idle_come_back() {
        register(speaker("a").instance());
        register(speaker("b").instance());
        ManagedChannel channel = channel(Speaker.SERVICE);
        Fleet.awaitAnswering(channel, "a", "b");
        etcd.kill();
        try {
            assertThat(Fleet.answering(channel)).containsExactly("a", "b");
            channel.enterIdle();
            Fleet.awaitAnswering(channel, "a", "b");
        } finally {
            etcd.start();
        }
        Speaker c = speaker("c");
        register(c.instance());
        Fleet.awaitAnswering(channel, "a", "b", "c");
    }

    @Test
    void an_etcd_that_is_not_there_is_named_as_the_cause() {
        ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall://127.0.0.1:1/svc.nobody?wait=1s")
                .usePlaintext()
                .build();
        ends.add(channel::shutdownNow);
        await().atMost(Fleet.LONG)
                .untilAsserted(() -> assertThatThrownBy(() -> Speaker.call(channel))
                        .hasMessageContaining("UNAVAILABLE")
                        .hasMessageContaining("the registry has not answered")
                        .hasMessageContaining("127.0.0.1:1"));
    }

    @Test
    void options_that_nobody_knows_are_told_to_the_caller() {
        ManagedChannel channel = ManagedChannelBuilder.forTarget("rollcall://127.0.0.1:1/svc.nobody?colour=red")
                .usePlaintext()
                .build();
        ends.add(channel::shutdownNow);
        await().atMost(Fleet.LONG)
                .untilAsserted(
                        () -> assertThatThrownBy(() -> Speaker.call(channel)).hasMessageContaining("\"colour\""));
    }
}
