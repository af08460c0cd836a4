package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Dubbo's interface-level registry, only read: key {@code /dubbo/<interface>/providers/<URL, encoded>}; the value says nothing. The
 * scheme is the metadata entry {@code protocol}, the parameters are the other ones. To register this way would claim that the port
 * speaks Dubbo.
 */
final class DubboLayout extends SegmentLayout {
    static final String ROOT = "/dubbo/";
    private static final String PROVIDERS = "/providers/";
    private static final int LONGEST_KEY = 64 * 1024;

    DubboLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), Set.of(Part.VERSION, Part.METADATA));
    }

    @Override
    public boolean writable() {
        return false;
    }

    @Override
    public List<Entry> encode(Instance instance) {
        throw new InvalidInstanceException("layout: " + name() + " is only read (expected: one that is written, too)");
    }

    @Override
    public String prefix(String service) {
        return prefix() + URLEncoder.encode(service, StandardCharsets.UTF_8) + PROVIDERS;
    }

    /** Consumers, routers and configurators stand beside the providers. */
    @Override
    public boolean holdsInstance(String key) {
        int providers = key.indexOf(PROVIDERS, prefix().length());
        return providers > 0 && key.indexOf('/', prefix().length()) == providers;
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        if (!key.startsWith(prefix()) || !holdsInstance(key) || key.length() > LONGEST_KEY) {
            throw wrongKey(key, "<interface>" + PROVIDERS + "<URL>");
        }
        int providers = key.indexOf(PROVIDERS, prefix().length());
        String service = interned(decoded(key.substring(prefix().length(), providers)));
        String url = decoded(key.substring(providers + PROVIDERS.length()));
        Scheme.Target target = Scheme.read(url);
        Map<String, String> metadata = parameters(url);
        String version = metadata.getOrDefault("version", "");
        metadata.remove("version");
        metadata.put(Scheme.PROTOCOL, interned(target.scheme()));
        return instance(service, version, target.address().toString(), target.address(), metadata);
    }

    private Map<String, String> parameters(String url) throws UnreadableValueException {
        Map<String, String> parameters = new HashMap<>();
        int question = url.indexOf('?');
        if (question < 0) {
            return parameters;
        }
        for (String pair : url.substring(question + 1).split("&", GoJsonReader.MOST_ENTRIES)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                parameters.put(
                        interned(decoded(pair.substring(0, equals))), interned(decoded(pair.substring(equals + 1))));
            }
        }
        return parameters;
    }

    private static String decoded(String text) throws UnreadableValueException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new UnreadableValueException("key: a % that no two hexadecimal digits follow (expected: a URL)");
        }
    }
}
