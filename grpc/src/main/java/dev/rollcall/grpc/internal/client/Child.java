package dev.rollcall.grpc.internal.client;

import dev.rollcall.Instance;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancerRegistry;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one instance, which grpc-java's {@code pick_first} keeps. What is said of the instance may change as it
 * likes; only another id or address makes another child. Touched in the channel's context only.
 */
final class Child {
    /** What stays the same as long as a connection may be kept. */
    record Key(String id, List<SocketAddress> addresses) {}

    private final Key key;
    private final LoadBalancer connection;
    private Instance instance;
    private boolean suspect;
    private ConnectivityState state = ConnectivityState.CONNECTING;
    private SubchannelPicker picker = new LoadBalancer.FixedResultPicker(PickResult.withNoResult());
    private @Nullable ScheduledHandle farewell;

    /** @param changed told after each change of state or picker */
    Child(Key key, Instance instance, Helper helper, Consumer<Child> changed) {
        this.key = key;
        this.instance = instance;
        this.connection = Objects.requireNonNull(
                        LoadBalancerRegistry.getDefaultRegistry().getProvider("pick_first"), "pick_first")
                .newLoadBalancer(new ForwardingLoadBalancerHelper() {
                    @Override
                    protected Helper delegate() {
                        return helper;
                    }

                    @Override
                    public void updateBalancingState(ConnectivityState next, SubchannelPicker nextPicker) {
                        state = next;
                        picker = nextPicker;
                        changed.accept(Child.this);
                    }
                });
    }

    void connect(EquivalentAddressGroup group) {
        connection.acceptResolvedAddresses(
                ResolvedAddresses.newBuilder().setAddresses(List.of(group)).build());
    }

    void says(Instance now, boolean suspectNow) {
        instance = now;
        suspect = suspectNow;
    }

    Key key() {
        return key;
    }

    Instance instance() {
        return instance;
    }

    boolean suspect() {
        return suspect;
    }

    ConnectivityState state() {
        return state;
    }

    SubchannelPicker picker() {
        return picker;
    }

    void requestConnection() {
        connection.requestConnection();
    }

    /** The instance has gone; the connection will, unless it returns before. */
    void park(ScheduledHandle end) {
        farewell = end;
    }

    void unpark() {
        if (farewell != null) {
            farewell.cancel();
            farewell = null;
        }
    }

    void shutdown() {
        unpark();
        state = ConnectivityState.SHUTDOWN;
        connection.shutdown();
    }
}
