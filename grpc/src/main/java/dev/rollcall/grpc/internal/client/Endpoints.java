package dev.rollcall.grpc.internal.client;

import dev.rollcall.Address;
import dev.rollcall.Candidates;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.grpc.InstanceAttributes;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns snapshots into addresses for gRPC. Those that speak another protocol are left out, the best tier comes first, and host
 * names are looked up, which may block. Not safe for use by several threads at once.
 */
final class Endpoints {
    static final String PORT = "gRPC_port";
    private static final String PROTOCOL = "protocol";
    private static final Set<String> OTHER_PROTOCOLS = Set.of("mucp", "http");

    /**
     * @param best the tier that is to be called
     * @param reserve the tiers that are to be called when the best one cannot be
     */
    record Found(List<EquivalentAddressGroup> best, List<EquivalentAddressGroup> reserve) {}

    private Map<String, List<InetAddress>> hosts = Map.of();

    /** Whether the last snapshot had host names, which may mean other addresses by now. */
    boolean named() {
        return !hosts.isEmpty();
    }

    Found of(ServiceSnapshot snapshot) {
        Map<String, List<InetAddress>> looked = new HashMap<>();
        List<Instance> speaking = new ArrayList<>();
        Set<Instance> suspects = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Instance instance : snapshot.instances()) {
            if (speaksGrpc(instance)) {
                speaking.add(instance);
                if (snapshot.suspect(instance)) {
                    suspects.add(instance);
                }
            }
        }
        Candidates tier = ServiceSnapshot.live(snapshot.service(), 0, Candidates.of(speaking), suspects, true)
                .candidates();
        Set<Instance> chosen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < tier.size(); i++) {
            chosen.add(tier.at(i));
        }
        List<EquivalentAddressGroup> best = new ArrayList<>();
        List<EquivalentAddressGroup> reserve = new ArrayList<>();
        for (Instance instance : speaking) {
            (chosen.contains(instance) ? best : reserve)
                    .add(new EquivalentAddressGroup(
                            addresses(instance, looked), attributes(instance, suspects.contains(instance))));
        }
        hosts = looked;
        return new Found(List.copyOf(best), List.copyOf(reserve));
    }

    /** One with a port for gRPC does, whatever its main protocol; one that says nothing is taken at its word to the caller. */
    private static boolean speaksGrpc(Instance instance) {
        return port(instance) > 0
                || !OTHER_PROTOCOLS.contains(instance.metadata().getOrDefault(PROTOCOL, ""));
    }

    /** The metadata's port for gRPC, 0 for none; a text that is no port counts as none. */
    private static int port(Instance instance) {
        String text = instance.metadata().getOrDefault(PORT, "");
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return 0;
        }
        int port = Integer.parseInt(text);
        return port <= 65535 ? port : 0;
    }

    private List<SocketAddress> addresses(Instance instance, Map<String, List<InetAddress>> looked) {
        Address address = instance.address();
        int port = port(instance) > 0 ? port(instance) : address.port();
        boolean literal = address.host().indexOf(':') >= 0
                || address.host().chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        List<InetAddress> found = literal
                ? lookUp(address.host())
                : looked.computeIfAbsent(address.host(), host -> {
                    List<InetAddress> now = lookUp(host);
                    return now.isEmpty() ? hosts.getOrDefault(host, List.of()) : now;
                });
        if (found.isEmpty()) {
            // It stays in the list, so that the error of the connection attempt tells of it.
            return List.of(InetSocketAddress.createUnresolved(address.host(), port));
        }
        return found.stream()
                .<SocketAddress>map(ip -> new InetSocketAddress(ip, port))
                .toList();
    }

    private static List<InetAddress> lookUp(String host) {
        try {
            return Arrays.asList(InetAddress.getAllByName(host));
        } catch (UnknownHostException unknown) {
            return List.of();
        }
    }

    private static Attributes attributes(Instance instance, boolean suspect) {
        Attributes.Builder attributes = Attributes.newBuilder()
                .set(InstanceAttributes.INSTANCE, instance)
                .set(InstanceAttributes.VERSION, instance.version())
                .set(InstanceAttributes.STATUS, instance.status());
        String weight = instance.metadata().get("weight");
        if (weight != null) {
            attributes.set(InstanceAttributes.WEIGHT, weight);
        }
        String zone = instance.metadata().get("zone");
        if (zone != null) {
            attributes.set(InstanceAttributes.ZONE, zone);
        }
        if (suspect) {
            attributes.set(InstanceAttributes.SUSPECT, true);
        }
        return attributes.build();
    }
}
