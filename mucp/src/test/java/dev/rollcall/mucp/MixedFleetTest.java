package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Rollcall;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.rpc.ServiceHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One service of which some instances speak gRPC and others mucp, called through one channel. */
final class MixedFleetTest {
    private static final String NAME = "hello.srv.say";

    private final Rollcall rollcall = Rollcall.connect("memory:");
    private final Greeter overGrpc = new Greeter();
    private final Greeter overMucp = new Greeter();

    @AfterEach
    void close() {
        rollcall.close();
    }

    private ServiceHost grpc() {
        return GrpcServiceHost.builder(rollcall, NAME)
                .address("127.0.0.1", 0)
                .linger(Duration.ZERO)
                .addService(overGrpc)
                .start();
    }

    private ServiceHost mucp() {
        return MucpServiceHost.builder(rollcall, NAME)
                .address("127.0.0.1", 0)
                .linger(Duration.ofSeconds(1))
                .addService(overMucp)
                .start();
    }

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    @Test
    void one_channel_calls_both_kinds_of_instances() {
        try (ServiceHost one = grpc();
                ServiceHost other = mucp();
                ServiceChannel channel = ServiceChannel.open(rollcall, NAME)) {
            assertThat(one.leaving() || other.leaving()).isFalse();
            for (int i = 0; i < 100; i++) {
                ContentType type = i % 2 == 0 ? ContentType.PROTO : ContentType.JSON;
                assertThat(GreeterGrpc.newBlockingStub(channel)
                                .withOption(ContentType.OPTION, type)
                                .withDeadlineAfter(30, TimeUnit.SECONDS)
                                .hello(req("load" + i))
                                .getMsg())
                        .isEqualTo("hello load" + i);
            }
            assertThat(overGrpc.calls.get()).isPositive();
            assertThat(overMucp.calls.get()).isPositive();
            assertThat(overGrpc.calls.get() + overMucp.calls.get()).isEqualTo(100);
        }
    }

    @Test
    void no_call_fails_while_instances_leave() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger calls = new AtomicInteger();
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try (ServiceHost stays = grpc();
                ServiceChannel channel = ServiceChannel.open(rollcall, NAME)) {
            assertThat(stays.leaving()).isFalse();
            List<ServiceHost> leaving = List.of(mucp(), mucp());
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(callers.submit(() -> {
                    while (!over.get()) {
                        GreeterGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(30, TimeUnit.SECONDS)
                                .hello(req("load" + calls.incrementAndGet()));
                    }
                }));
            }
            leaving.forEach(ServiceHost::close);
            over.set(true);
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS); // fails with the first call that did
            }
            assertThat(overMucp.calls.get()).isPositive();
        } finally {
            over.set(true);
            callers.shutdownNow();
        }
    }
}
