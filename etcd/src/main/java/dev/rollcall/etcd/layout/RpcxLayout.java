package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * rpcx's etcd plugin: key {@code /rpcx/<service>/tcp@<address>}, value the metadata as Go's {@code url.Values.Encode} writes it. The
 * keys {@code /rpcx} and {@code /rpcx/<service>}, which stand for directories, are put too; rpcx reads nothing in them.
 */
final class RpcxLayout extends SegmentLayout {
    static final String ROOT = "/rpcx/";
    private static final String NETWORK = "tcp@";

    RpcxLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), Set.of(Part.STATUS, Part.METADATA));
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        String service = prefix(instance.service());
        byte[] query = query(StatusEntry.with(instance)).getBytes(StandardCharsets.UTF_8);
        return List.of(
                shared(prefix(), "rpcx_path"),
                shared(service, instance.service()),
                new Entry(service + NETWORK + instance.address(), GoJsonWriter.checked(instance, query)));
    }

    private static Entry shared(String prefix, String value) {
        return Entry.shared(prefix.substring(0, prefix.length() - 1), value.getBytes(StandardCharsets.UTF_8));
    }

    private static String query(Map<String, String> metadata) {
        Map<String, String> sorted = new TreeMap<>(GoJsonWriter.BY_BYTES);
        sorted.putAll(metadata);
        List<String> pairs = new ArrayList<>();
        sorted.forEach((key, value) -> pairs.add(escaped(key) + "=" + escaped(value)));
        return String.join("&", pairs);
    }

    /** As Go's {@code url.QueryEscape}, which differs from Java's in two characters. */
    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    @Override
    public boolean holdsInstance(String key) {
        return key.indexOf('/', prefix().length()) >= 0;
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        Place place = place(key);
        int at = place.last().indexOf('@');
        if (at <= 0) {
            throw wrongKey(key, "<service>/<network>@<address>");
        }
        Map<String, String> metadata = metadata(text(value, GoJsonReader.LARGEST_VALUE));
        return instance(place.service(), "", place.last(), address(place.last().substring(at + 1)), metadata);
    }

    /** Of a name that comes twice the first value counts, as in Go. */
    private Map<String, String> metadata(String query) throws UnreadableValueException {
        Map<String, String> metadata = new TreeMap<>();
        for (int from = 0; from < query.length(); ) {
            int end = query.indexOf('&', from);
            end = end < 0 ? query.length() : end;
            if (end > from) {
                String pair = query.substring(from, end);
                int equals = pair.indexOf('=');
                String name = unescaped(equals < 0 ? pair : pair.substring(0, equals));
                metadata.putIfAbsent(name, equals < 0 ? "" : unescaped(pair.substring(equals + 1)));
            }
            if (metadata.size() > GoJsonReader.MOST_ENTRIES) {
                throw new UnreadableValueException("more than " + GoJsonReader.MOST_ENTRIES
                        + " entries (expected: at most " + GoJsonReader.MOST_ENTRIES + ")");
            }
            from = end + 1;
        }
        return metadata;
    }

    private String unescaped(String text) throws UnreadableValueException {
        try {
            return interned(URLDecoder.decode(text, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new UnreadableValueException("a % that no two hexadecimal digits follow (expected: a URL's query)");
        }
    }
}
