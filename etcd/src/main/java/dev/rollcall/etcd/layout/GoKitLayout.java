package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Go kit's {@code sd/etcdv3}: one key {@code <service>/<suffix>} for each instance, whose value is the address and nothing else.
 *
 * <p>Go kit leaves the key to its users; the suffixes are those that are copied most. A reader takes every suffix, and a value with or
 * without a scheme; the scheme becomes the metadata entry {@code protocol}. No version, metadata or status.
 */
final class GoKitLayout extends SegmentLayout {
    /** What makes a key unique. */
    enum Suffix {
        /** {@code svc.user.agent/127.0.0.1:8881}. */
        ADDRESS,
        /** {@code svc.user.agent/1904384262}: CRC-32 (IEEE) of the address. */
        CRC32,
        ID
    }

    private static final int LONGEST_VALUE = 4096;

    private final Suffix suffix;
    private final boolean scheme;

    /** @param scheme whether values start with one: {@code http://10.0.0.7:8080} */
    GoKitLayout(String name, String root, Suffix suffix, boolean scheme) {
        super(name, root, Duration.ofSeconds(10), suffix == Suffix.ID ? Set.of(Part.ID) : Set.of());
        this.suffix = suffix;
        this.scheme = scheme;
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        String address = instance.address().toString();
        String last = switch (suffix) {
            case ADDRESS -> address;
            case CRC32 -> crc32(address);
            case ID -> instance.id();
        };
        checkSegment("id", last);
        String value = scheme ? Scheme.of(instance, "http") + "://" + address : address;
        return entry(prefix(instance.service()) + last, value);
    }

    /** Whatever the key: the value is all that Go kit looks at. */
    @Override
    public boolean knownByAddress() {
        return true;
    }

    private static String crc32(String address) {
        CRC32 sum = new CRC32();
        sum.update(address.getBytes(StandardCharsets.UTF_8));
        return Long.toString(sum.getValue());
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        String text = text(value, LONGEST_VALUE);
        int colon = text.indexOf("://");
        if (colon < 0) {
            return instance(place.service(), place.last(), address(text));
        }
        Scheme.Target target = Scheme.read(text);
        Map<String, String> metadata = interner.map(List.of(Scheme.PROTOCOL, interned(target.scheme())));
        return instance(place.service(), "", place.last(), target.address(), metadata);
    }
}
