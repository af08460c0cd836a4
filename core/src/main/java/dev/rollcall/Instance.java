package dev.rollcall;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One running copy of a service.
 *
 * <pre>{@code
 * Instance.of("hello.srv.say", "10.0.0.7", 8080).withMetadata("zone", "a")
 * }</pre>
 *
 * <p>Immutable: every {@code with...} returns a changed copy. What is read from a registry may be larger and stranger than what
 * may be registered; {@link #checkRegistrable()} holds the stricter rules and every registrar calls it.
 *
 * @param service the name that is called, {@code hello.srv.say}
 * @param version the version of the service; go-micro's default is {@code latest}
 * @param id unique among the instances of the service
 * @param address where it listens
 * @param status whether it asks for calls
 * @param metadata of this instance: {@code zone}, {@code weight}, {@code protocol}, ...
 * @param serviceMetadata said of the service as a whole by this instance
 * @param endpoints its callable methods, if it says
 */
public record Instance(
        String service,
        String version,
        String id,
        Address address,
        Status status,
        Map<String, String> metadata,
        Map<String, String> serviceMetadata,
        List<Endpoint> endpoints) {
    private static final int LONGEST_NAME = 128;
    private static final int LONGEST_ID = 256;
    private static final int LARGEST_METADATA = 64 * 1024;
    private static final int MOST_METADATA = 256;
    private static final int MOST_ENDPOINTS = 1024;
    private static final int DEEPEST_VALUE = 16;

    public Instance {
        Objects.requireNonNull(service, "service");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(status, "status");
        metadata = Map.copyOf(metadata);
        serviceMetadata = Map.copyOf(serviceMetadata);
        endpoints = List.copyOf(endpoints);
    }

    /** Version {@code latest}, a new id {@code <service>-<uuid>}, status UP, nothing else: go-micro's defaults. */
    public static Instance of(String service, String host, int port) {
        return of(service, new Address(host, port));
    }

    /** As {@link #of(String, String, int)}. */
    public static Instance of(String service, Address address) {
        String id = service + "-" + UUID.randomUUID();
        return new Instance(service, "latest", id, address, Status.UP, Map.of(), Map.of(), List.of());
    }

    public Instance withVersion(String changed) {
        return new Instance(service, changed, id, address, status, metadata, serviceMetadata, endpoints);
    }

    public Instance withId(String changed) {
        return new Instance(service, version, changed, address, status, metadata, serviceMetadata, endpoints);
    }

    public Instance withAddress(Address changed) {
        return new Instance(service, version, id, changed, status, metadata, serviceMetadata, endpoints);
    }

    public Instance withStatus(Status changed) {
        return new Instance(service, version, id, address, changed, metadata, serviceMetadata, endpoints);
    }

    /** Replaces all metadata. */
    public Instance withMetadata(Map<String, String> changed) {
        return new Instance(service, version, id, address, status, changed, serviceMetadata, endpoints);
    }

    /** Adds or replaces one entry. */
    public Instance withMetadata(String key, String value) {
        Map<String, String> changed = new HashMap<>(metadata);
        changed.put(key, value);
        return withMetadata(changed);
    }

    /** Replaces all service metadata. */
    public Instance withServiceMetadata(Map<String, String> changed) {
        return new Instance(service, version, id, address, status, metadata, changed, endpoints);
    }

    public Instance withEndpoints(List<Endpoint> changed) {
        return new Instance(service, version, id, address, status, metadata, serviceMetadata, changed);
    }

    /**
     * Refuses what must not be written to a registry, with an {@link InvalidInstanceException} that names the part, what it is
     * and what was expected: names over 128 and ids over 256 characters, control characters, path segments {@code .} and
     * {@code ..}, more than 256 metadata entries or 64 KiB of them, more than 1,024 endpoints or values nested deeper than 16.
     *
     * @return this instance
     */
    public Instance checkRegistrable() {
        checkName("service name", service, LONGEST_NAME);
        checkName("id", id, LONGEST_ID);
        checkText("version", version, LONGEST_NAME);
        checkMetadata("metadata", metadata);
        checkMetadata("service metadata", serviceMetadata);
        if (endpoints.size() > MOST_ENDPOINTS) {
            throw new InvalidInstanceException(
                    "endpoints: " + endpoints.size() + " of them (expected: at most " + MOST_ENDPOINTS + ")");
        }
        for (Endpoint endpoint : endpoints) {
            checkText("endpoint name", endpoint.name(), LONGEST_ID);
            checkMetadata("endpoint metadata", endpoint.metadata());
            checkValue(endpoint.request(), 1);
            checkValue(endpoint.response(), 1);
        }
        return this;
    }

    private static void checkValue(@Nullable Value value, int depth) {
        if (value == null) {
            return;
        }
        if (depth > DEEPEST_VALUE) {
            throw new InvalidInstanceException("endpoint value: nested deeper than " + DEEPEST_VALUE
                    + " (expected: at most " + DEEPEST_VALUE + ")");
        }
        checkEncodable("endpoint value", value.name());
        checkEncodable("endpoint value", value.type());
        value.values().forEach(field -> checkValue(field, depth + 1));
    }

    /**
     * Refuses a change that makes another instance of this one, or one that cannot be registered, as {@link #checkRegistrable()}.
     *
     * @return the changed instance
     */
    public Instance checkChangeTo(Instance changed) {
        if (!changed.service.equals(service) || !changed.id.equals(id)) {
            throw new InvalidInstanceException("update: " + Text.quote(changed.service) + " " + Text.quote(changed.id)
                    + " (expected: service " + Text.quote(service) + ", id " + Text.quote(id) + ")");
        }
        return changed.checkRegistrable();
    }

    private static void checkName(String part, String text, int longest) {
        checkText(part, text, longest);
        if (text.isBlank()) {
            throw new InvalidInstanceException(part + ": empty (expected: 1 to " + longest + " characters)");
        }
        for (String segment : text.split("/", -1)) {
            if (segment.equals(".") || segment.equals("..") || segment.isEmpty()) {
                throw new InvalidInstanceException(part + ": " + Text.quote(text) + " has the path segment "
                        + Text.quote(segment) + " (expected: segments other than \"\", \".\" and \"..\")");
            }
        }
    }

    private static void checkText(String part, String text, int longest) {
        if (text.length() > longest) {
            throw new InvalidInstanceException(
                    part + ": " + text.length() + " characters (expected: at most " + longest + ")");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidInstanceException(
                    part + ": " + Text.quote(text) + " has a control character (expected: none)");
        }
        checkEncodable(part, text);
    }

    private static void checkMetadata(String part, Map<String, String> entries) {
        if (entries.size() > MOST_METADATA) {
            throw new InvalidInstanceException(
                    part + ": " + entries.size() + " entries (expected: at most " + MOST_METADATA + ")");
        }
        long size = 0;
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            size += entry.getKey().length() + entry.getValue().length();
            checkEncodable(part, entry.getKey());
            checkEncodable(part, entry.getValue());
        }
        if (size > LARGEST_METADATA) {
            throw new InvalidInstanceException(
                    part + ": " + size + " characters (expected: at most " + LARGEST_METADATA + ")");
        }
    }

    private static void checkEncodable(String part, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean paired = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (Character.isSurrogate(c) && !paired) {
                throw new InvalidInstanceException(part + ": half a surrogate pair (expected: valid Unicode text)");
            }
            i += paired ? 1 : 0;
        }
    }
}
