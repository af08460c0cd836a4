package dev.rollcall.grpc.internal.client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.reflect.TypeToken;
import dev.rollcall.ConfigurationException;
import dev.rollcall.Instance;
import dev.rollcall.Text;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.NameResolver.ServiceConfigParser;
import io.grpc.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service config of a channel: the policy {@code rollcall}, then what the registry says, then what the program says, each
 * replacing entries of the one before. What the registry says is left out, and reported once, when it is of no use. Not safe for
 * use by several threads at once.
 */
final class ServiceConfig {
    static final String METADATA = "gRPC_service_config";
    static final int LONGEST = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceConfig.class);
    private static final Gson GSON =
            new GsonBuilder().setStrictness(Strictness.STRICT).create();
    private static final Map<String, Object> OURS =
            Map.of("loadBalancingConfig", List.of(Map.of(RollcallLoadBalancerProvider.NAME, Map.of())));
    private static final List<String> BALANCING = List.of("loadBalancingConfig", "loadBalancingPolicy");

    private final Map<String, ?> program;
    private final ServiceConfigParser parser;
    private @Nullable String text;
    private @Nullable ConfigOrError config;

    private ServiceConfig(Map<String, ?> program, ServiceConfigParser parser) {
        this.program = program;
        this.parser = parser;
    }

    /** @param program what the program says, as JSON, if anything */
    static ServiceConfig of(@Nullable String program, ServiceConfigParser parser) {
        try {
            ServiceConfig config = new ServiceConfig(program == null ? Map.of() : parse(program), parser);
            Status error = config.with(null).getError();
            if (error != null) {
                throw new ConfigurationException(String.valueOf(error.getDescription()), error.asException());
            }
            return config;
        } catch (JsonParseException | ConfigurationException wrong) {
            throw new ConfigurationException("service config of the channel: " + Text.plain(reason(wrong)), wrong);
        }
    }

    /** The config in effect while the registry says this. */
    ConfigOrError with(@Nullable String registry) {
        ConfigOrError known = config;
        if (known == null || !Objects.equals(text, registry)) {
            known = read(registry);
            config = known;
            text = registry;
        }
        return known;
    }

    private ConfigOrError read(@Nullable String registry) {
        if (registry != null) {
            String problem;
            try {
                ConfigOrError both = parser.parseServiceConfig(overlay(overlay(OURS, parse(registry)), program));
                if (both.getError() == null) {
                    return both;
                }
                problem = String.valueOf(both.getError().getDescription());
            } catch (JsonParseException | ConfigurationException wrong) {
                problem = reason(wrong);
            }
            LOG.warn("{} in the registry is left out: {}", METADATA, Text.plain(problem));
        }
        return parser.parseServiceConfig(overlay(OURS, program));
    }

    private static Map<String, ?> overlay(Map<String, ?> base, Map<String, ?> over) {
        Map<String, Object> result = new LinkedHashMap<>(base);
        if (BALANCING.stream().anyMatch(over::containsKey)) {
            BALANCING.forEach(result::remove);
        }
        result.putAll(over);
        return result;
    }

    private static Map<String, ?> parse(String json) {
        if (json.length() > LONGEST) {
            throw new ConfigurationException(json.length() + " characters (expected: at most " + LONGEST + ")");
        }
        JsonObject object = GSON.fromJson(json, JsonObject.class);
        if (object == null) {
            throw new ConfigurationException("empty (expected: a JSON object)");
        }
        return GSON.fromJson(object, new TypeToken<Map<String, Object>>() {});
    }

    private static String reason(RuntimeException wrong) {
        return wrong instanceof ConfigurationException
                ? String.valueOf(wrong.getMessage())
                : wrong.getMessage() + " (expected: a JSON object)";
    }

    /** What the registry says: the first instance by id that says it, of the service or of itself. */
    static @Nullable String inRegistry(List<Instance> instances) {
        for (Instance instance : instances) {
            String ofService = instance.serviceMetadata().get(METADATA);
            String said = ofService == null ? instance.metadata().get(METADATA) : ofService;
            if (said != null) {
                return said;
            }
        }
        return null;
    }
}
