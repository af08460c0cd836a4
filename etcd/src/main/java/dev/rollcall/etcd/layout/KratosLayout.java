package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Kratos' {@code contrib/registry/etcd}: key {@code /microservices/<name>/<id>}, value JSON with id, name, version, metadata and
 * endpoints that are URLs. The scheme of the endpoint is the metadata entry {@code protocol}, {@code grpc} when there is none; of
 * several endpoints the first gRPC one counts, else the first.
 */
final class KratosLayout extends SegmentLayout {
    static final String ROOT = "/microservices/";

    KratosLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(15), Set.of(Part.ID, Part.VERSION, Part.STATUS, Part.METADATA));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        checkSegment("id", instance.id());
        String endpoint = Scheme.of(instance, "grpc") + "://" + instance.address();
        Map<String, String> metadata = new HashMap<>(StatusEntry.with(instance));
        metadata.remove(Scheme.PROTOCOL);
        byte[] value = new GoJsonWriter()
                .raw("{\"id\":")
                .text(instance.id())
                .raw(",\"name\":")
                .text(instance.service())
                .raw(",\"version\":")
                .text(instance.version())
                .raw(",\"metadata\":")
                .map(metadata)
                .raw(",\"endpoints\":[")
                .text(endpoint)
                .raw("]}")
                .bytes();
        return List.of(new Entry(prefix(instance.service()) + instance.id(), GoJsonWriter.checked(instance, value)));
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        Registered read = required(GoJsonReader.read(value, interner, KratosLayout::registered));
        if (read.name().isEmpty()) {
            throw new UnreadableValueException("name: none (expected: the service's)");
        }
        if (read.endpoints().isEmpty()) {
            throw new UnreadableValueException("endpoints: none (expected: SCHEME://HOST:PORT)");
        }
        Scheme.Target target = Scheme.read(read.endpoints().stream()
                .filter(url -> url.startsWith("grpc"))
                .findFirst()
                .orElse(read.endpoints().get(0)));
        Map<String, String> metadata = new HashMap<>(read.metadata());
        metadata.put(Scheme.PROTOCOL, interned(target.scheme()));
        String id = read.id().isEmpty() ? place.last() : read.id();
        return instance(read.name(), read.version(), id, target.address(), metadata);
    }

    private record Registered(
            String id, String name, String version, Map<String, String> metadata, List<String> endpoints) {}

    private static Registered registered(GoJsonReader json) throws UnreadableValueException {
        String id = "";
        String name = "";
        String version = "";
        Map<String, String> metadata = Map.of();
        List<String> endpoints = List.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "id" -> id = json.text();
                case "name" -> name = json.shared();
                case "version" -> version = json.shared();
                case "metadata" -> metadata = json.map();
                case "endpoints" -> endpoints = json.texts();
                default -> json.skip();
            }
        }
        return new Registered(id, name, version, metadata, endpoints);
    }
}
