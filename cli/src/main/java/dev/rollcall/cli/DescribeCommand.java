package dev.rollcall.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Text;
import dev.rollcall.Value;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rollcall describe SERVICE}: what each version of a service says can be called, and with what. */
@Command(
        name = "describe",
        header = "Shows the endpoints of a service and the shapes of their requests and answers.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class DescribeCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    DescribeCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Console console = cli.console();
        try (Rollcall rollcall = cli.connect()) {
            ServiceSnapshot snapshot = rollcall.lookup(service);
            Map<String, List<Instance>> versions = snapshot.instances().stream()
                    .collect(Collectors.groupingBy(Instance::version, TreeMap::new, Collectors.toList()));
            if (cli.json()) {
                console.print(Json.object(json -> {
                    json.writeStringField("service", service);
                    json.writeArrayFieldStart("versions");
                    for (Map.Entry<String, List<Instance>> version : versions.entrySet()) {
                        write(json, version.getKey(), version.getValue());
                    }
                    json.writeEndArray();
                }));
            } else {
                versions.forEach((version, instances) -> console.print(text(version, instances)));
            }
            if (versions.isEmpty()) {
                console.note(Text.quote(service) + " has no instances");
                return Cli.FAILED;
            }
            return Cli.OK;
        }
    }

    private static void write(JsonGenerator json, String version, List<Instance> instances) throws IOException {
        json.writeStartObject();
        json.writeStringField("version", version);
        json.writeNumberField("instances", instances.size());
        json.writeArrayFieldStart("protocols");
        for (String protocol : protocols(instances)) {
            json.writeString(protocol);
        }
        json.writeEndArray();
        Json.endpoints(json, endpoints(instances));
        json.writeEndObject();
    }

    private static List<String> protocols(List<Instance> instances) {
        return instances.stream()
                .map(instance -> instance.metadata().getOrDefault("protocol", "unknown"))
                .distinct()
                .sorted()
                .toList();
    }

    /** Those of the instance that says most: a version is one program. */
    private static List<Endpoint> endpoints(List<Instance> instances) {
        List<Endpoint> most = List.of();
        for (Instance instance : instances) {
            most = instance.endpoints().size() > most.size() ? instance.endpoints() : most;
        }
        return most;
    }

    private static String text(String version, List<Instance> instances) {
        StringBuilder text = new StringBuilder("version ")
                .append(Show.whole(version))
                .append(", ")
                .append(instances.size())
                .append(instances.size() == 1 ? " instance, " : " instances, ")
                .append(Show.whole(String.join(" and ", protocols(instances))));
        List<Endpoint> endpoints = endpoints(instances);
        if (endpoints.isEmpty()) {
            text.append(System.lineSeparator()).append("  says nothing of its endpoints");
        }
        for (Endpoint endpoint : endpoints) {
            text.append(System.lineSeparator()).append("  ").append(Show.whole(endpoint.name()));
            if (!endpoint.metadata().isEmpty()) {
                text.append("  ").append(Show.metadata(endpoint.metadata()));
            }
            shape(text, "request ", endpoint.request());
            shape(text, "response", endpoint.response());
        }
        return text.toString();
    }

    private static void shape(StringBuilder text, String name, @Nullable Value value) {
        if (value != null) {
            text.append(System.lineSeparator()).append("    ").append(name).append("  ");
            text.append(Show.whole(value.type())).append(fields(value));
        }
    }

    private static String fields(Value value) {
        return value.values().isEmpty()
                ? ""
                : value.values().stream()
                        .map(field -> Show.whole(field.name()) + " " + Show.whole(field.type()) + fields(field))
                        .collect(Collectors.joining(", ", " {", "}"));
    }
}
