package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.Text;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The one that is written by hand after many a blog post: key {@code discovery/<name>/instance_id/<id>}, value {@code
 * {"Addr":"10.0.0.7:8080","Name":"hello.srv.say","UniqueId":"n1"}}.
 */
final class DiscoveryLayout extends SegmentLayout {
    static final String ROOT = "discovery/";
    private static final String MIDDLE = "instance_id/";

    DiscoveryLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), Set.of(Part.ID));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        checkSegment("id", instance.id());
        byte[] value = new GoJsonWriter()
                .raw("{\"Addr\":")
                .text(instance.address().toString())
                .raw(",\"Name\":")
                .text(instance.service())
                .raw(",\"UniqueId\":")
                .text(instance.id())
                .raw("}")
                .bytes();
        return List.of(new Entry(prefix(instance.service()) + instance.id(), value));
    }

    @Override
    public String prefix(String service) {
        return super.prefix(service) + MIDDLE;
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Registered read = required(GoJsonReader.read(value, interner, DiscoveryLayout::registered));
        if (!key.equals(prefix(read.name()) + read.id())
                || read.id().isEmpty()
                || read.name().isEmpty()) {
            throw wrongKey(key, Text.plain(read.name()) + "/" + MIDDLE + Text.plain(read.id()));
        }
        return instance(read.name(), read.id(), address(read.address()));
    }

    private record Registered(String address, String name, String id) {}

    private static Registered registered(GoJsonReader json) throws UnreadableValueException {
        String address = "";
        String name = "";
        String id = "";
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "addr" -> address = json.text();
                case "name" -> name = json.shared();
                case "uniqueid" -> id = json.text();
                default -> json.skip();
            }
        }
        return new Registered(address, name, id);
    }
}
