package dev.rollcall.etcd.layout;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Text;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * CoreDNS' plugin {@code etcd}, the format of SkyDNS: the service {@code hello.srv.say} is the DNS name {@code
 * hello.srv.say.svc.local}, and the key of each instance the labels in reverse, {@code /skydns/local/svc/say/srv/hello/<label>}, value
 * {@code {"host":"10.0.0.7","port":8080,"weight":100,"ttl":10}}.
 *
 * <p>CoreDNS asks for lower case, so a service that is no lower-case DNS name is refused. The last label is made of the id: in lower
 * case, other characters as {@code -}, of a long one the last 63. The label {@code any} is refused: in a question it stands for all. A
 * question for {@code say.svc.local} is answered with all services that end in {@code .say}; we tell them apart. The TTL is always
 * written: CoreDNS before 1.12.4 makes one up.
 */
final class CoreDnsLayout extends SegmentLayout {
    static final String ROOT = "/skydns/local/svc/";
    private static final int DNS_TTL = 10;
    private static final int WEIGHT = 100;
    private static final int LONGEST_LABEL = 63;
    private static final String WILDCARD = "any";
    private static final String LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";

    CoreDnsLayout(String name, String root) {
        super(name, root, Duration.ofSeconds(30), Set.of());
    }

    @Override
    public List<Entry> encode(Instance instance) {
        check(instance);
        String service = instance.service();
        if (!Arrays.stream(service.split("\\.", -1))
                .allMatch(label -> label.matches(LABEL) && !label.equals(WILDCARD))) {
            throw new InvalidInstanceException("service name: " + Text.quote(service)
                    + " (expected: a DNS name, labels of a-z, 0-9, _ and - with dots between, none of them any, for layout "
                    + name() + ")");
        }
        GoJsonWriter value =
                new GoJsonWriter().raw("{\"host\":").text(instance.address().host());
        value.raw(",\"port\":" + instance.address().port());
        int weight = Weight.of(instance, 0);
        if (weight > 0) {
            value.raw(",\"weight\":" + weight);
        }
        value.raw(",\"ttl\":" + DNS_TTL + "}");
        return List.of(new Entry(prefix(service) + label(instance.id()), value.bytes()));
    }

    private static String label(String id) {
        String label = id.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "-");
        label = label.substring(Math.max(0, label.length() - LONGEST_LABEL)).replaceAll("^-+|-+$", "");
        if (label.isEmpty()) {
            throw new InvalidInstanceException(
                    "id: " + Text.quote(id) + " (expected: a letter or a digit in it, to make a DNS label of)");
        }
        if (label.equals(WILDCARD)) {
            throw new InvalidInstanceException(
                    "id: " + Text.quote(id) + " (expected: another, as a DNS label it asks for all)");
        }
        return label;
    }

    @Override
    public String prefix(String service) {
        return prefix() + reversed(service, "\\.", "/") + "/";
    }

    private static String reversed(String labels, String separator, String joiner) {
        List<String> list = Arrays.asList(labels.split(separator, -1));
        Collections.reverse(list);
        return String.join(joiner, list);
    }

    @Override
    public Instance decode(String key, byte[] value) throws UnreadableValueException {
        String path = key.startsWith(prefix()) ? key.substring(prefix().length()) : "";
        int slash = path.lastIndexOf('/');
        if (slash < 0 || !Arrays.stream(path.split("/", -1)).allMatch(label -> label.matches(LABEL))) {
            throw wrongKey(key, "<labels in reverse>/<instance>, in lower case");
        }
        String service = interned(reversed(path.substring(0, slash), "/", "."));
        Registered read = required(GoJsonReader.read(value, interner, CoreDnsLayout::registered));
        if (read.host().isEmpty()) {
            throw new UnreadableValueException("host: none (expected: a host name or an IP)");
        }
        if (read.port() < 1 || read.port() > 65_535) {
            throw new UnreadableValueException("port: " + read.port() + " (expected: 1 to 65535)");
        }
        try {
            Address address = new Address(read.host(), (int) read.port());
            return instance(service, "", path.substring(slash + 1), address, metadata(read));
        } catch (InvalidInstanceException e) {
            throw new UnreadableValueException(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, String> metadata(Registered read) {
        return read.weight() > 0 ? Weight.into(Map.of(), read.weight(), WEIGHT) : Map.of();
    }

    private record Registered(String host, long port, long weight) {}

    private static Registered registered(GoJsonReader json) throws UnreadableValueException {
        String host = "";
        long port = 0;
        long weight = 0;
        for (String field = json.field(); field != null; field = json.field()) {
            switch (field) {
                case "host" -> host = json.text();
                case "port" -> port = json.number();
                case "weight" -> weight = json.number();
                default -> json.skip();
            }
        }
        return new Registered(host, port, weight);
    }
}
