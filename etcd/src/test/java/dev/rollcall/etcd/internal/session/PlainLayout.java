package dev.rollcall.etcd.internal.session;

import dev.rollcall.Instance;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A layout whose value is the address and nothing else. */
class PlainLayout implements Layout {
    private final String prefix;

    PlainLayout(String prefix) {
        this.prefix = prefix;
    }

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public Duration ttl() {
        return Duration.ofSeconds(30);
    }

    @Override
    public Set<Part> carries() {
        return Set.of();
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public List<Entry> encode(Instance instance) {
        byte[] value = instance.address().toString().getBytes(StandardCharsets.UTF_8);
        return List.of(new Entry(prefix(instance.service()) + instance.id(), value));
    }

    @Override
    public String prefix() {
        return prefix;
    }

    @Override
    public String prefix(String service) {
        return prefix + service + "/";
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean hidden(String service) {
        return false;
    }
}
