package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * etcd's own gRPC naming ({@code naming/endpoints}), read by grpc-go as {@code etcd:///<service>}: key {@code
 * <service>/<address>}, value {@code {"Op":0,"Addr":"10.0.0.7:8080","Metadata":null}}. Metadata may be any JSON; of an object the
 * entries that are no objects or lists are read, of anything else nothing.
 */
final class EtcdNamingLayout extends SegmentLayout {
    EtcdNamingLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), Set.of(Part.STATUS, Part.METADATA));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        String address = instance.address().toString();
        byte[] value = new GoJsonWriter()
                .raw("{\"Op\":0,\"Addr\":")
                .text(address)
                .raw(",\"Metadata\":")
                .map(StatusEntry.with(instance))
                .raw("}")
                .bytes();
        return List.of(new Entry(prefix(instance.service()) + address, GoJsonWriter.checked(instance, value)));
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        Endpoint endpoint = required(GoJsonReader.read(value, interner, EtcdNamingLayout::endpoint));
        Address address = address(endpoint.address());
        return instance(place.service(), "", place.last(), address, endpoint.metadata());
    }

    private record Endpoint(String address, Map<String, String> metadata) {}

    private static Endpoint endpoint(GoJsonReader json) throws UnreadableValueException {
        String address = "";
        Map<String, String> metadata = Map.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "addr" -> address = json.text();
                case "metadata" -> metadata = json.plainEntries();
                default -> json.skip(); // the stored Op means nothing
            }
        }
        return new Endpoint(address, metadata);
    }
}
