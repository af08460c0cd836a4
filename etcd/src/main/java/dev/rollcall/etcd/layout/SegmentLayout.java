package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Status;
import dev.rollcall.Text;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The common part of layouts with one key {@code <root><service>/<last>} for each instance. A service whose name has a {@code /} is
 * refused: the fleet's readers of {@code pay} take everything below {@code pay/} for instances of it.
 */
abstract class SegmentLayout implements Layout {
    private final String name;
    private final String root;
    private final Duration ttl;
    private final Set<Part> carries;
    final Interner interner = new Interner();

    SegmentLayout(String name, String root, Duration ttl, Set<Part> carries) {
        this.name = name;
        this.root = root;
        this.ttl = ttl;
        this.carries = Set.copyOf(carries);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Duration ttl() {
        return ttl;
    }

    @Override
    public final Set<Part> carries() {
        return carries;
    }

    @Override
    public final String prefix() {
        return root;
    }

    @Override
    public String prefix(String service) {
        return root + service + "/";
    }

    /** The root may be that of the whole etcd, where most keys are other programs'. */
    @Override
    public boolean holdsInstance(String key) {
        int slash = key.indexOf('/');
        return !root.isEmpty() || (slash > 0 && slash == key.lastIndexOf('/'));
    }

    /** Refuses what this kind of layout cannot carry. */
    final void check(Instance instance) {
        instance.checkRegistrable();
        checkSegment("service name", instance.service());
        if (carries.contains(Part.METADATA)) {
            StatusEntry.checkReserved("metadata", instance.metadata());
        }
    }

    final void checkSegment(String part, String text) {
        if (text.indexOf('/') >= 0) {
            throw new InvalidInstanceException(
                    part + ": " + Text.quote(text) + " (expected: no / in it, which layout " + name + " cannot carry)");
        }
    }

    /** The service that a key names, and what follows it. */
    record Place(String service, String last) {}

    final Place place(String key) throws UnreadableValueException {
        String path = key.startsWith(root) ? key.substring(root.length()) : "";
        int slash = path.indexOf('/');
        if (slash <= 0 || slash == path.length() - 1 || path.indexOf('/', slash + 1) >= 0) {
            throw wrongKey(key, "<service>/<instance>");
        }
        return new Place(interned(path.substring(0, slash)), path.substring(slash + 1));
    }

    final UnreadableValueException wrongKey(String key, String expected) {
        return new UnreadableValueException(
                "key " + Text.quote(key) + " (expected: " + Text.plain(root) + expected + ")");
    }

    final String interned(String text) {
        return interner.text(text);
    }

    static List<Entry> entry(String key, String value) {
        return List.of(new Entry(key, value.getBytes(StandardCharsets.UTF_8)));
    }

    /** A value that is text and no JSON. */
    static String text(byte[] value, int longest) throws UnreadableValueException {
        if (value.length > longest) {
            throw new UnreadableValueException(value.length + " bytes (expected: at most " + longest + ")");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UnreadableValueException("not UTF-8 (expected: text in UTF-8)");
        }
    }

    static Address address(String text) throws UnreadableValueException {
        if (text.isEmpty()) {
            throw new UnreadableValueException("address: none (expected: HOST:PORT)");
        }
        try {
            return Address.parse(text);
        } catch (InvalidInstanceException e) {
            throw new UnreadableValueException(String.valueOf(e.getMessage()));
        }
    }

    /** An instance of which no more is known than this. */
    static Instance instance(String service, String version, String id, Address address, Map<String, String> metadata) {
        return new Instance(
                service,
                version,
                id,
                address,
                StatusEntry.status(metadata),
                StatusEntry.without(metadata),
                Map.of(),
                List.of());
    }

    static Instance instance(String service, String id, Address address) {
        return new Instance(service, "", id, address, Status.UP, Map.of(), Map.of(), List.of());
    }

    /** A value that has to be there. */
    static <T> T required(@Nullable T value) throws UnreadableValueException {
        if (value == null) {
            throw new UnreadableValueException("value: null (expected: an object)");
        }
        return value;
    }

    @Override
    public final String toString() {
        return "Layout[" + name + ", " + root + "]";
    }
}
