package dev.rollcall.cli;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.etcd.layout.Layout.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Two registries compared: which instances, told apart by service and address, only one of them has, and in which parts that both
 * carry they differ. An instance without a protocol speaks gRPC, so {@code protocol=grpc} is no difference.
 */
record FleetComparison(int services, int instances, List<Difference> differences) {
    /**
     * One difference.
     *
     * @param kind {@code only_in_a}, {@code only_in_b}, or the part that differs
     */
    record Difference(
            String service,
            Address address,
            String kind,
            @Nullable String a,
            @Nullable String b) {}

    /** @param parts to compare */
    static FleetComparison of(Rollcall a, Rollcall b, Set<Part> parts) {
        Set<String> names = new TreeSet<>(a.services());
        names.addAll(b.services());
        List<Difference> differences = new ArrayList<>();
        int instances = 0;
        for (String name : names) {
            Map<Address, Instance> inA = byAddress(a.lookup(name));
            Map<Address, Instance> inB = byAddress(b.lookup(name));
            Map<Address, Instance> all = new LinkedHashMap<>(inA);
            all.putAll(inB);
            instances += all.size();
            all.keySet().forEach(address -> compare(inA.get(address), inB.get(address), parts, differences));
        }
        return new FleetComparison(names.size(), instances, List.copyOf(differences));
    }

    private static Map<Address, Instance> byAddress(ServiceSnapshot snapshot) {
        Map<Address, Instance> found = new LinkedHashMap<>();
        snapshot.instances().forEach(instance -> found.putIfAbsent(instance.address(), instance));
        return found;
    }

    private static void compare(
            @Nullable Instance a, @Nullable Instance b, Set<Part> parts, List<Difference> differences) {
        if (a == null || b == null) {
            Instance there = a == null ? b : a;
            if (there != null) {
                String kind = a == null ? "only_in_b" : "only_in_a";
                differences.add(new Difference(there.service(), there.address(), kind, id(a), id(b)));
            }
            return;
        }
        for (Part part : parts) {
            String inA = shown(a, part);
            String inB = shown(b, part);
            if (!inA.equals(inB)) {
                String kind = part.name().toLowerCase(Locale.ROOT);
                differences.add(new Difference(a.service(), a.address(), kind, inA, inB));
            }
        }
    }

    private static @Nullable String id(@Nullable Instance instance) {
        return instance == null ? null : instance.id();
    }

    private static String shown(Instance instance, Part part) {
        return switch (part) {
            case ID -> instance.id();
            case VERSION -> instance.version();
            case STATUS -> Show.status(instance);
            case METADATA -> {
                Map<String, String> metadata = new HashMap<>(instance.metadata());
                metadata.putIfAbsent("protocol", "grpc");
                yield new TreeMap<>(metadata).toString();
            }
            case SERVICE_METADATA -> new TreeMap<>(instance.serviceMetadata()).toString();
            case ENDPOINTS -> Json.object(json -> Json.endpoints(json, instance.endpoints()));
        };
    }
}
