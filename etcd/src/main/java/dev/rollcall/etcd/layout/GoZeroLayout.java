package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * go-zero's {@code core/discov}: key {@code <service>/<lease id, decimal>}, value the address and nothing else. An instance has no key
 * before it has a lease, and another one with each new lease.
 */
final class GoZeroLayout extends SegmentLayout {
    private static final int LONGEST_VALUE = 1024;

    GoZeroLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(10), Set.of());
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        return List.of();
    }

    @Override
    public List<Entry> encode(Instance instance, long lease) {
        check(instance);
        return entry(prefix(instance.service()) + lease, instance.address().toString());
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        if (!place.last().matches("[0-9]{1,19}")) {
            throw wrongKey(key, "<service>/<number>");
        }
        return instance(place.service(), place.last(), address(text(value, LONGEST_VALUE)));
    }
}
