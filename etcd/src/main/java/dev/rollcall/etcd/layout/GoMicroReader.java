package dev.rollcall.etcd.layout;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Value;
import java.util.List;
import java.util.Map;

/** Reads what any go-micro wrote as an instance's value. */
final class GoMicroReader {
    private final String key;
    private final Interner interner;

    private GoMicroReader(String key, Interner interner) {
        this.key = key;
        this.interner = interner;
    }

    static Instance read(String key, byte[] value, Interner interner) throws UnreadableValueException {
        Instance instance = GoJsonReader.read(value, interner, new GoMicroReader(key, interner)::service);
        if (instance == null) {
            throw new UnreadableValueException("value: null (expected: an object)");
        }
        return instance;
    }

    private Instance service(GoJsonReader json) throws UnreadableValueException {
        String service = "";
        String version = "";
        Map<String, String> metadata = Map.of();
        List<Endpoint> endpoints = List.of();
        List<GoMicroNode> nodes = List.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "name" -> service = json.shared();
                case "version" -> version = json.shared();
                case "metadata" -> metadata = json.map();
                case "endpoints" -> endpoints = interner.list(json.list(GoMicroReader::endpoint));
                case "nodes" -> nodes = json.list(GoMicroReader::node);
                default -> json.skip();
            }
        }
        if (service.isEmpty()) {
            throw new UnreadableValueException("name: none (expected: the service's)");
        }
        if (nodes.isEmpty()) {
            throw new UnreadableValueException("nodes: none (expected: one)");
        }
        GoMicroNode node = nodes.get(0);
        String id = node.id().isEmpty() ? key.substring(key.lastIndexOf('/') + 1) : node.id();
        return new Instance(
                service,
                version,
                id,
                node.target(),
                StatusEntry.status(node.metadata()),
                StatusEntry.without(node.metadata()),
                metadata,
                endpoints);
    }

    private static GoMicroNode node(GoJsonReader json) throws UnreadableValueException {
        String id = "";
        String address = "";
        String port = "";
        Map<String, String> metadata = Map.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "id" -> id = json.text();
                case "address" -> address = json.text();
                // go-micro since 1.8 ignores this field, so what is wrong with it matters only where it is needed
                case "port" -> port = json.shown();
                case "metadata" -> metadata = json.map();
                default -> json.skip();
            }
        }
        return new GoMicroNode(id, address, port, metadata);
    }

    /** An endpoint of an instance, in any format that took it over from go-micro. */
    static Endpoint endpoint(GoJsonReader json) throws UnreadableValueException {
        String name = "";
        Value request = null;
        Value response = null;
        Map<String, String> metadata = Map.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "name" -> name = json.shared();
                case "request" -> request = json.object(GoMicroReader::value);
                case "response" -> response = json.object(GoMicroReader::value);
                case "metadata" -> metadata = json.map();
                default -> json.skip();
            }
        }
        return new Endpoint(name, request, response, metadata);
    }

    private static Value value(GoJsonReader json) throws UnreadableValueException {
        String name = "";
        String type = "";
        List<Value> values = List.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "name" -> name = json.shared();
                case "type" -> type = json.shared();
                case "values" -> values = json.list(GoMicroReader::value);
                default -> json.skip();
            }
        }
        return new Value(name, type, values);
    }
}
