package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.Text;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;

/**
 * Our own: key {@code /rollcall/<service>/<id>}, and in the value everything there is. A public format, described in {@code
 * docs/layouts.md}: in keys {@code %} and {@code /} are written {@code %25} and {@code %2F}, so that no two names share a key or a prefix.
 */
final class RollcallLayout extends SegmentLayout {
    static final String ROOT = "/rollcall/";

    RollcallLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), EnumSet.allOf(Part.class));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        instance.checkRegistrable();
        byte[] value = GoJsonWriter.checked(instance, RollcallWriter.write(instance));
        return List.of(new Entry(key(instance), value));
    }

    private String key(Instance instance) {
        return prefix(instance.service()) + segment(instance.id());
    }

    @Override
    public String prefix(String service) {
        return prefix() + segment(service) + "/";
    }

    private static String segment(String name) {
        return name.replace("%", "%25").replace("/", "%2F");
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Instance instance = required(GoJsonReader.read(value, interner, new RollcallReader(interner)::instance));
        if (!key.equals(key(instance))) {
            throw wrongKey(key, Text.plain(segment(instance.service()) + "/" + segment(instance.id())));
        }
        return instance;
    }
}
