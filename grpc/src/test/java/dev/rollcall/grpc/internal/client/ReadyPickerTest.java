package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.rollcall.Balancer;
import dev.rollcall.Candidates;
import dev.rollcall.Instance;
import dev.rollcall.Outcome;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.FixedResultPicker;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadyPickerTest {
    private static final int PICKS = 10_000;

    private static final PickSubchannelArgs ARGS = new PickSubchannelArgs() {
        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public Metadata getHeaders() {
            return new Metadata();
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return Speaker.SAY;
        }
    };

    private static final class Nowhere extends Subchannel {
        @Override
        public void shutdown() {}

        @Override
        public void requestConnection() {}

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }
    }

    private static List<ReadyPicker.Ready> ready(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> new ReadyPicker.Ready(
                        Instance.of("svc", "10.0.0.7", 8080)
                                .withId("i" + i)
                                .withMetadata("zone", "z" + i % 2)
                                .withMetadata("weight", Integer.toString(i + 1)),
                        new FixedResultPicker(PickResult.withSubchannel(new Nowhere()))))
                .toList();
    }

    private static ReadyPicker picker(Map<String, ?> config, int size) {
        return new ReadyPicker(PolicyConfig.parse(config).chosen().balancer(), ready(size));
    }

    private static ClientStreamTracer begin(ReadyPicker picker) {
        PickResult picked = picker.pickSubchannel(ARGS);
        return Objects.requireNonNull(picked.getStreamTracerFactory())
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
    }

    @ParameterizedTest
    @ValueSource(strings = {"random", "round_robin", "weighted", "least_request"})
    void a_pick_allocates_nothing_while_nothing_changes(String strategy) {
        ReadyPicker picker = picker(Map.of("strategy", strategy, "zone", "z1"), 8);
        IntStream.range(0, 4).forEach(i -> begin(picker)); // some have calls in flight
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        IntStream.range(0, PICKS).forEach(i -> picker.pickSubchannel(ARGS));
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < PICKS; i++) {
            picker.pickSubchannel(ARGS);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated / PICKS).as("bytes per pick").isZero();
    }

    @Test
    void the_balancer_is_told_how_each_call_ends() {
        List<String> told = new ArrayList<>();
        ReadyPicker picker = new ReadyPicker(
                new Balancer() {
                    @Override
                    public Instance pick(Candidates candidates) {
                        return candidates.at(1);
                    }

                    @Override
                    public void started(Instance instance) {
                        told.add(instance.id() + " started");
                    }

                    @Override
                    public void ended(Instance instance, Outcome outcome) {
                        told.add(instance.id() + " " + outcome);
                    }
                },
                ready(3));
        for (Status.Code code :
                List.of(Status.Code.OK, Status.Code.UNAUTHENTICATED, Status.Code.UNAVAILABLE, Status.Code.CANCELLED)) {
            begin(picker).streamClosed(code.toStatus());
        }
        assertThat(told)
                .containsExactly(
                        "i1 started", "i1 ANSWERED",
                        "i1 started", "i1 ANSWERED",
                        "i1 started", "i1 FAILED",
                        "i1 started", "i1 ABANDONED");
    }

    @Test
    void a_picker_for_the_same_is_known_as_such() {
        Balancer balancer = PolicyConfig.DEFAULT.chosen().balancer();
        List<ReadyPicker.Ready> three = ready(3);
        ReadyPicker picker = new ReadyPicker(balancer, three);
        assertThat(picker.isFor(balancer, List.copyOf(three))).isTrue();
        assertThat(picker.isFor(balancer, three.subList(0, 2))).isFalse();
        assertThat(picker.isFor(balancer, ready(3))).as("other connections").isFalse();
        assertThat(picker.isFor(PolicyConfig.DEFAULT.chosen().balancer(), three))
                .isFalse();
    }
}
