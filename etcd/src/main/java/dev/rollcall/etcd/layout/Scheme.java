package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Text;

/** URLs of instances, {@code grpc://10.0.0.7:8080}, whose scheme is the metadata entry {@code protocol}. */
final class Scheme {
    static final String PROTOCOL = "protocol";

    record Target(String scheme, Address address) {}

    private Scheme() {}

    static String of(Instance instance, String otherwise) {
        String scheme = instance.metadata().getOrDefault(PROTOCOL, otherwise);
        if (!valid(scheme)) {
            throw new InvalidInstanceException(
                    "metadata: protocol " + Text.quote(scheme) + " (expected: a URL's scheme, such as grpc)");
        }
        return scheme;
    }

    static Target read(String url) throws UnreadableValueException {
        int end = url.indexOf("://");
        if (end < 0 || !valid(url.substring(0, end))) {
            throw new UnreadableValueException("address: " + Text.quote(url) + " (expected: SCHEME://HOST:PORT)");
        }
        int from = end + 3;
        int to = from;
        while (to < url.length() && "/?#".indexOf(url.charAt(to)) < 0) {
            to++;
        }
        return new Target(url.substring(0, end), SegmentLayout.address(url.substring(from, to)));
    }

    private static boolean valid(String scheme) {
        return scheme.matches("[A-Za-z][A-Za-z0-9+.-]{0,31}");
    }
}
