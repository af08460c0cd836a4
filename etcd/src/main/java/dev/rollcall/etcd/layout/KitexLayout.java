package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Kitex's {@code registry-etcd}: key {@code kitex/registry-etcd/<service>/<address>}, value {@code
 * {"network":"tcp","address":"10.0.0.7:8080","weight":10,"tags":null}}. The weight is the metadata entry {@code weight}, 10 when there
 * is none; tags are the metadata.
 */
final class KitexLayout extends SegmentLayout {
    static final String ROOT = "kitex/registry-etcd/";
    private static final int WEIGHT = 10;

    KitexLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(60), Set.of(Part.STATUS, Part.METADATA));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        String address = instance.address().toString();
        byte[] value = new GoJsonWriter()
                .raw("{\"network\":\"tcp\",\"address\":")
                .text(address)
                .raw(",\"weight\":" + Weight.of(instance, WEIGHT) + ",\"tags\":")
                .map(StatusEntry.with(instance))
                .raw("}")
                .bytes();
        return List.of(new Entry(prefix(instance.service()) + address, GoJsonWriter.checked(instance, value)));
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        Registered read = required(GoJsonReader.read(value, interner, KitexLayout::registered));
        Address address = address(read.address());
        Map<String, String> metadata = Weight.into(read.tags(), read.weight() <= 0 ? WEIGHT : read.weight(), WEIGHT);
        return instance(place.service(), "", place.last(), address, metadata);
    }

    private record Registered(String address, long weight, Map<String, String> tags) {}

    private static Registered registered(GoJsonReader json) throws UnreadableValueException {
        String address = "";
        long weight = 0;
        Map<String, String> tags = Map.of();
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "address" -> address = json.text();
                case "weight" -> weight = json.number();
                case "tags" -> tags = json.map();
                default -> json.skip();
            }
        }
        return new Registered(address, weight, tags);
    }
}
