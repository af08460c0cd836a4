package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Text;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads our own format, strictly: a field that comes twice, a schema or a status that it does not know is refused. */
final class RollcallReader {
    private final Interner interner;

    RollcallReader(Interner interner) {
        this.interner = interner;
    }

    Instance instance(GoJsonReader json) throws UnreadableValueException {
        Set<String> seen = new HashSet<>();
        long schema = 0;
        String service = "";
        String id = "";
        String version = "";
        String address = "";
        String status = "";
        Map<String, String> metadata = Map.of();
        Map<String, String> serviceMetadata = Map.of();
        List<Endpoint> endpoints = List.of();
        for (String field = json.field(); field != null; field = json.field()) {
            if (!seen.add(field)) {
                throw new UnreadableValueException(Text.plain(field) + ": twice (expected: once)");
            }
            switch (field) {
                case "schema" -> schema = json.number();
                case "service" -> service = json.shared();
                case "id" -> id = json.text();
                case "version" -> version = json.shared();
                case "address" -> address = json.text();
                case "status" -> status = json.shared();
                case "metadata" -> metadata = json.map();
                case "service_metadata" -> serviceMetadata = json.map();
                case "endpoints" -> endpoints = interner.list(json.list(GoMicroReader::endpoint));
                default -> json.skip(); // what a newer writer adds without a new schema may be passed over
            }
        }
        if (schema != RollcallWriter.SCHEMA) {
            throw new UnreadableValueException("schema: " + schema + " (expected: " + RollcallWriter.SCHEMA + ")");
        }
        Address target = SegmentLayout.address(address);
        return new Instance(service, version, id, target, status(status), metadata, serviceMetadata, endpoints);
    }

    private static Status status(String text) throws UnreadableValueException {
        return switch (text) {
            case "up" -> Status.UP;
            case "draining" -> Status.DRAINING;
            default ->
                throw new UnreadableValueException("status: " + Text.quote(text) + " (expected: up or draining)");
        };
    }
}
