package dev.rollcall.grpc.internal.client;

import dev.rollcall.Balancer;
import dev.rollcall.Candidates;
import dev.rollcall.Instance;
import dev.rollcall.rpc.Outcomes;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;

/** Lets the balancer choose among connected instances, and tells it how the calls end. Immutable; safe for many threads. */
final class ReadyPicker extends SubchannelPicker {
    /** A connected instance, and how to pick its connection. */
    record Ready(Instance instance, SubchannelPicker picker) {
        boolean same(Ready other) {
            return instance.equals(other.instance) && picker == other.picker;
        }
    }

    /** What a connection's picker said, and that with our ear at it. */
    private record Heard(PickResult said, PickResult result) {}

    /** One instance's calls: tells the balancer of each. */
    private static final class Calls extends ClientStreamTracer.Factory {
        private static final Heard NOTHING = new Heard(PickResult.withNoResult(), PickResult.withNoResult());

        private final Ready ready;
        private final Balancer balancer;

        // Read and written without order on purpose: a thread that sees an old one makes the same new one again.
        private Heard heard = NOTHING;

        Calls(Ready ready, Balancer balancer) {
            this.ready = ready;
            this.balancer = balancer;
        }

        PickResult pick(PickSubchannelArgs args) {
            PickResult said = ready.picker.pickSubchannel(args);
            Heard current = heard;
            if (!current.said.equals(said)) {
                current = new Heard(said, said.getSubchannel() == null ? said : said.copyWithStreamTracerFactory(this));
                heard = current;
            }
            return current.result;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            balancer.started(ready.instance);
            return new ClientStreamTracer() {
                @Override
                public void streamClosed(Status status) {
                    balancer.ended(ready.instance, Outcomes.of(status));
                }
            };
        }
    }

    private final Balancer balancer;
    private final List<Ready> all;
    private final Candidates candidates;
    private final IdentityHashMap<Instance, Calls> calls = new IdentityHashMap<>();

    /** @param all at least one, each with an instance object of its own */
    ReadyPicker(Balancer balancer, List<Ready> all) {
        this.balancer = balancer;
        this.all = all;
        this.candidates = Candidates.of(all.stream().map(Ready::instance).toList());
        all.forEach(ready -> calls.put(ready.instance, new Calls(ready, balancer)));
    }

    /** Whether a picker of these would be no other than this one. */
    boolean isFor(Balancer wanted, List<Ready> others) {
        boolean same = balancer == wanted && all.size() == others.size();
        for (int i = 0; same && i < all.size(); i++) {
            same = all.get(i).same(others.get(i));
        }
        return same;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
        return Objects.requireNonNull(calls.get(balancer.pick(candidates))).pick(args);
    }
}
