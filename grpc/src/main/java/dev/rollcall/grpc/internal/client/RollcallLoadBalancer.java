package dev.rollcall.grpc.internal.client;

import dev.rollcall.Address;
import dev.rollcall.Balancer;
import dev.rollcall.Candidates;
import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.grpc.InstanceAttributes;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among a service's instances as the strategies of core do. Each instance is connected to at once and kept so; calls go to
 * connected ones of the best tier that has any: UP, then draining, then suspect. Calls wait while that tier connects, and go to the
 * next when all of it has failed. The connection of an instance that has gone is kept for a minute, for its return.
 */
final class RollcallLoadBalancer extends LoadBalancer {
    static final long PARKED_SECONDS = 60;
    static final int MOST_PARKED = 100;

    private final Helper helper;
    private final Map<Child.Key, Child> children = new LinkedHashMap<>();
    private final Map<Child.Key, Child> parked = new LinkedHashMap<>();
    private PolicyConfig config = PolicyConfig.DEFAULT;
    private Balancer balancer = config.chosen().balancer();
    private @Nullable SubchannelPicker shown;
    private boolean busy;

    RollcallLoadBalancer(Helper helper) {
        this.helper = helper;
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
        if (resolved.getLoadBalancingPolicyConfig() instanceof PolicyConfig given && !given.equals(config)) {
            config = given;
            balancer = given.chosen().balancer();
        }
        List<EquivalentAddressGroup> groups = new ArrayList<>(resolved.getAddresses());
        List<EquivalentAddressGroup> reserve = resolved.getAttributes().get(RollcallNameResolver.RESERVE);
        if (reserve != null) {
            groups.addAll(reserve);
        }
        if (groups.isEmpty()) {
            Status none = Status.UNAVAILABLE.withDescription("the name resolver found no address");
            handleNameResolutionError(none);
            return none;
        }
        busy = true;
        take(groups);
        busy = false;
        show();
        return Status.OK;
    }

    private void take(List<EquivalentAddressGroup> groups) {
        Map<Child.Key, Child> before = new HashMap<>(children);
        children.clear();
        for (EquivalentAddressGroup group : groups) {
            Instance instance = instance(group);
            Child.Key key = new Child.Key(instance.id(), group.getAddresses());
            if (children.containsKey(key)) {
                continue;
            }
            Child child = before.remove(key);
            if (child == null) {
                child = parked.remove(key);
            }
            boolean made = child == null;
            if (child == null) {
                child = new Child(key, instance, helper, this::changed);
            }
            child.unpark();
            child.says(instance, Boolean.TRUE.equals(group.getAttributes().get(InstanceAttributes.SUSPECT)));
            children.put(key, child);
            if (made) {
                child.connect(group);
            }
        }
        park(before.values());
    }

    /** What a resolver that knows of no instances found counts as one per address. */
    private static Instance instance(EquivalentAddressGroup group) {
        Instance known = group.getAttributes().get(InstanceAttributes.INSTANCE);
        if (known != null) {
            return known;
        }
        Address address = group.getAddresses().get(0) instanceof InetSocketAddress inet && inet.getPort() > 0
                ? new Address(inet.getHostString(), inet.getPort())
                : new Address("unknown", 1);
        return Instance.of("", address).withId(group.getAddresses().toString());
    }

    private void park(Collection<Child> gone) {
        for (Child child : gone) {
            if (child.state() != ConnectivityState.READY) {
                child.shutdown();
                continue;
            }
            parked.put(child.key(), child);
            child.park(helper.getSynchronizationContext()
                    .schedule(
                            () -> drop(child), PARKED_SECONDS, TimeUnit.SECONDS, helper.getScheduledExecutorService()));
        }
        Iterator<Child> eldest = parked.values().iterator();
        for (int over = parked.size() - MOST_PARKED; over > 0; over--) {
            Child child = eldest.next();
            eldest.remove();
            child.shutdown();
        }
    }

    private void drop(Child child) {
        if (parked.remove(child.key(), child)) {
            child.shutdown();
        }
    }

    private void changed(Child child) {
        if (parked.get(child.key()) == child) {
            if (child.state() != ConnectivityState.READY) {
                // Nothing is left to keep; not within its own callback, though.
                helper.getSynchronizationContext().execute(() -> drop(child));
            }
        } else if (children.get(child.key()) == child) {
            if (child.state() == ConnectivityState.IDLE) {
                child.requestConnection();
            }
            show();
        }
    }

    /** Finds the best tier that can be called, and shows the channel a picker for it, unless that is what it has. */
    private void show() {
        if (busy || children.isEmpty()) {
            return;
        }
        IdentityHashMap<Instance, Child> rest = new IdentityHashMap<>();
        Set<Instance> suspects = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Instance> order = new ArrayList<>();
        for (Child child : children.values()) {
            rest.put(child.instance(), child);
            order.add(child.instance());
            if (child.suspect()) {
                suspects.add(child.instance());
            }
        }
        SubchannelPicker failing = null;
        while (!rest.isEmpty()) {
            Candidates tier = ServiceSnapshot.live("", 0, Candidates.of(order), suspects, true)
                    .candidates();
            List<ReadyPicker.Ready> ready = new ArrayList<>();
            boolean waiting = false;
            for (int i = 0; i < tier.size(); i++) {
                Child child = rest.remove(tier.at(i));
                if (child == null) {
                    continue;
                }
                switch (child.state()) {
                    case READY -> ready.add(new ReadyPicker.Ready(child.instance(), child.picker()));
                    case TRANSIENT_FAILURE -> failing = child.picker();
                    default -> waiting = true;
                }
            }
            if (!ready.isEmpty()) {
                showReady(ready);
                return;
            }
            if (waiting) {
                show(ConnectivityState.CONNECTING, new FixedResultPicker(PickResult.withNoResult()));
                return;
            }
            order.removeIf(instance -> !rest.containsKey(instance));
        }
        if (failing != null) {
            show(ConnectivityState.TRANSIENT_FAILURE, failing);
        }
    }

    private void showReady(List<ReadyPicker.Ready> ready) {
        if (!(shown instanceof ReadyPicker current && current.isFor(balancer, ready))) {
            show(ConnectivityState.READY, new ReadyPicker(balancer, ready));
        }
    }

    private void show(ConnectivityState state, SubchannelPicker picker) {
        if (!picker.equals(shown)) {
            shown = picker;
            helper.updateBalancingState(state, picker);
        }
    }

    /** Whoever is known stays, unless the registry itself says that nobody is left. */
    @Override
    public void handleNameResolutionError(Status error) {
        if (error.getCause() instanceof NoInstanceException) {
            List<Child> gone = List.copyOf(children.values());
            children.clear();
            park(gone);
        }
        if (children.isEmpty()) {
            show(ConnectivityState.TRANSIENT_FAILURE, new FixedResultPicker(PickResult.withError(error)));
        }
    }

    @Override
    public void requestConnection() {
        List.copyOf(children.values()).forEach(Child::requestConnection);
    }

    @Override
    public void shutdown() {
        children.values().forEach(Child::shutdown);
        parked.values().forEach(Child::shutdown);
        children.clear();
        parked.clear();
    }
}
