package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Status;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * go-micro's: one key {@code <prefix><service>/<id>} for each instance, and in it the JSON of go-micro's {@code Service} with
 * one node.
 *
 * <p>In keys each {@code /} of the service and the id is written {@code -}, and nothing else is escaped, so {@code a/b} and
 * {@code a-b} share a prefix, and instances of one service whose ids differ in nothing else share a key. go-micro cleans the
 * path too; names that this would change are refused. All its names read whatever any go-micro wrote in etcd v3: fields in any
 * order, names in any case, nulls, unknown fields, a port of its own. Of a value with several nodes, which no go-micro writes,
 * the first counts. A node without an id is called as its key's last segment.
 *
 * <p>{@link Status#DRAINING} is written as the metadata entry {@code rollcall.status=draining}, UP as nothing.
 */
final class GoMicroLayout implements Layout {
    private static final Set<String> BROKERS = Set.of("micro.http.broker", "go.micro.http.broker");

    private final String name;
    private final String prefix;
    private final @Nullable Function<Instance, byte[]> writer;
    private final Interner interner = new Interner();

    GoMicroLayout(String name, String prefix, @Nullable Function<Instance, byte[]> writer) {
        this.name = name;
        this.prefix = prefix;
        this.writer = writer;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Set<Part> carries() {
        return EnumSet.allOf(Part.class);
    }

    @Override
    public boolean writable() {
        return writer != null;
    }

    @Override
    public List<Entry> encode(Instance instance) {
        if (writer == null) {
            throw new InvalidInstanceException("layout: " + name + " is only read (expected: go-micro or go-micro-v5)");
        }
        instance.checkRegistrable();
        StatusEntry.checkReserved("metadata", instance.metadata());
        StatusEntry.checkReserved("service metadata", instance.serviceMetadata());
        byte[] value = GoJsonWriter.checked(instance, writer.apply(instance));
        return List.of(new Entry(prefix(instance.service()) + segment(instance.id()), value));
    }

    @Override
    public String prefix() {
        return prefix;
    }

    @Override
    public String prefix(String service) {
        return prefix + segment(service) + "/";
    }

    private static String segment(String name) {
        return name.replace('/', '-');
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        return GoMicroReader.read(key, value, interner);
    }

    /** go-micro's HTTP broker registers each subscription as an instance; the oldest one as a service {@code topic:<topic>}. */
    @Override
    public boolean hidden(String service) {
        return BROKERS.contains(service) || service.startsWith("topic:");
    }

    @Override
    public String toString() {
        return "Layout[" + name + ", " + prefix + "]";
    }
}
