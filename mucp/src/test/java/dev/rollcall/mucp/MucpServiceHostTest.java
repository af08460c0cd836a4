package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.PeerChannel;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.rpc.ServiceHost;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host from its registration to its end, on a registry in memory. */
final class MucpServiceHostTest {
    private static final String NAME = "go.micro.srv.greeter";
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Greeter greeter = new Greeter();
    private Rollcall rollcall;

    @BeforeEach
    void connect() {
        rollcall = Rollcall.connect("memory:");
    }

    @AfterEach
    void close() {
        greeter.released.countDown();
        rollcall.close();
    }

    private MucpServiceHost.Builder host() {
        return MucpServiceHost.builder(rollcall, NAME)
                .addService(greeter)
                .address("127.0.0.1", 0)
                .linger(Duration.ZERO);
    }

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    @Test
    void it_is_registered_as_go_micro_registers_its_own() {
        try (ServiceHost host = host().version("v1").metadata("zone", "a").start()) {
            List<Instance> instances = rollcall.lookup(NAME).instances();

            assertThat(instances).singleElement().satisfies(instance -> {
                assertThat(instance.address()).isEqualTo(host.address());
                assertThat(instance.version()).isEqualTo("v1");
                assertThat(instance.id()).startsWith(NAME + "-");
                assertThat(instance.metadata())
                        .containsEntry("protocol", "mucp")
                        .containsEntry("server", "mucp")
                        .containsEntry("transport", "http")
                        .containsEntry("broker", "http")
                        .containsEntry("zone", "a")
                        .containsKey("registry");
                assertThat(instance.endpoints())
                        .extracting(Endpoint::name)
                        .contains("Greeter.Hello", "Greeter.Count", "Greeter.Chat");
            });
        }
        assertThat(rollcall.lookup(NAME).instances()).isEmpty();
    }

    @Test
    void it_is_called_by_name() {
        try (ServiceHost host = host().start();
                ServiceChannel channel = ServiceChannel.open(rollcall, NAME)) {
            assertThat(host.leaving()).isFalse();
            assertThat(GreeterGrpc.newBlockingStub(channel).hello(req("john")).getMsg())
                    .isEqualTo("hello john");
        }
    }

    @Test
    void it_leaves_then_serves_on_then_finishes_what_is_under_way() throws Exception {
        ServiceHost host =
                host().linger(Duration.ofSeconds(5)).finishWithin(SOON).start();
        try (PeerChannel channel = new MucpProvider().connect(host.address())) {
            GreeterGrpc.GreeterFutureStub stub = GreeterGrpc.newFutureStub(channel);
            Future<Rsp> under = stub.hello(req("hold"));
            assertThat(greeter.held.await(30, TimeUnit.SECONDS)).isTrue();

            Thread closing = new Thread(host::close);
            closing.start();
            await().atMost(SOON).until(() -> rollcall.lookup(NAME).instances().isEmpty());
            assertThat(host.leaving()).isTrue();
            assertThat(stub.hello(req("late")).get(30, TimeUnit.SECONDS).getMsg())
                    .isEqualTo("hello late");

            await().atMost(SOON)
                    .untilAsserted(() -> assertThatThrownBy(() ->
                                    RawSocket.connect(host.address().port()).close())
                            .isInstanceOf(java.io.IOException.class));
            assertThat(under.isDone()).isFalse();
            greeter.released.countDown();
            assertThat(under.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("held");
            closing.join(30_000);
            assertThat(closing.isAlive()).isFalse();
        }
    }

    @Test
    void it_does_not_wait_for_calls_for_ever() throws Exception {
        ServiceHost host = host().finishWithin(Duration.ofMillis(100)).start();
        try (PeerChannel channel = new MucpProvider().connect(host.address())) {
            Future<Rsp> under = GreeterGrpc.newFutureStub(channel).hello(req("hold"));
            assertThat(greeter.held.await(30, TimeUnit.SECONDS)).isTrue();

            host.close();
            host.close();

            assertThatThrownBy(() -> under.get(30, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
            assertThat(greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void nothing_is_registered_when_the_port_is_taken() {
        try (ServiceHost first = host().start()) {
            int port = first.address().port();

            assertThatThrownBy(() -> host().address("127.0.0.1", port).start())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("listen on 127.0.0.1:" + port);
            assertThat(rollcall.lookup(NAME).instances()).hasSize(1);
        }
    }

    @Test
    void a_limit_below_one_is_refused() {
        assertThatThrownBy(() -> host().maxMessageBytes(0)).hasMessage("message limit: 0 bytes (expected: 1 or more)");
        assertThatThrownBy(() -> host().maxConnections(0)).hasMessage("connection limit: 0 (expected: 1 or more)");
    }
}
