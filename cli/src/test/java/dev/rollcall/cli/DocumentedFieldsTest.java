package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Holds docs/cli.md to the output and the output to docs/cli.md. */
class DocumentedFieldsTest {
    private static final Set<String> WHOLE =
            Set.of("instance", "metadata", "serviceMetadata", "request", "response", "answers");

    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry registry = MemoryRegistry.open(name);

    @BeforeEach
    void register() {
        registry.register(Instance.of("hello.srv.say", "10.0.0.7", 8080)
                .withMetadata("a", "b")
                .withEndpoints(List.of(Endpoint.of("Greeter.Hello"))));
    }

    @AfterEach
    void close() {
        registry.close();
    }

    @Test
    void services_and_instances_print_the_documented_fields() throws IOException {
        assertThat(printed("services")).isEqualTo(documented("services"));
        assertThat(printed("instances", "hello.srv.say")).isEqualTo(documented("instances"));
        assertThat(printed("describe", "hello.srv.say")).isEqualTo(documented("describe"));
    }

    @Test
    void migrate_check_prints_the_documented_fields() throws IOException {
        List<String> lines = Run.start("migrate-check", "memory://" + name, "memory://" + UUID.randomUUID(), "--json")
                .ends(1)
                .lines();
        Set<String> fields = fields(lines.get(0));
        fields.remove("notCompared"); // memory carries everything
        fields.add("notCompared[]");
        assertThat(fields).isEqualTo(documented("migrate-check"));
    }

    @Test
    void config_and_version_print_the_documented_fields() throws IOException {
        assertThat(printed("config")).isEqualTo(documented("config"));
        assertThat(printed("version")).isEqualTo(documented("version"));
    }

    @Test
    void watch_and_register_print_the_documented_fields() throws IOException {
        try (Run watch = Run.start("watch", "hello.srv.say", "--json", "--registry", "memory://" + name);
                Run register = Run.start(
                        "register", "svc.b", "--address", "10.0.0.7:1", "--json", "--registry", "memory://" + name)) {
            assertThat(fields(watch.lines(1).get(0))).isEqualTo(documented("watch"));
            assertThat(fields(register.lines(1).get(0))).isEqualTo(documented("register"));
        }
    }

    @Test
    void the_demo_prints_the_documented_fields() throws IOException {
        Duration time = Duration.ofMillis(1);
        String json = DemoSummary.json(
                new DemoSummary.Times(time, time, time, time), new DemoCaller.Counts(1, 0, 1, time, Map.of("a", 1L)));
        assertThat(fields(json)).isEqualTo(documented("demo"));
    }

    private Set<String> printed(String... args) throws IOException {
        String[] all = List.of(args).toArray(new String[args.length + 3]);
        all[args.length] = "--json";
        all[args.length + 1] = "--registry";
        all[args.length + 2] = "memory://" + name;
        List<String> lines = Run.start(all).ends(0).lines();
        assertThat(lines).hasSize(1);
        return fields(lines.get(0));
    }

    /** The fields in the table below the command's heading. */
    private static Set<String> documented(String command) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "cli.md"));
        String section = page.substring(page.indexOf("\n### " + command + "\n") + 5);
        int end = section.indexOf("\n### ");
        Matcher row = Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE)
                .matcher(end < 0 ? section : section.substring(0, end));
        Set<String> fields = new TreeSet<>();
        while (row.find()) {
            fields.add(row.group(1));
        }
        assertThat(fields).as("fields documented for %s", command).isNotEmpty();
        return fields;
    }

    private static Set<String> fields(String json) throws IOException {
        Set<String> fields = new TreeSet<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            collect(parser, "", fields);
        }
        return fields;
    }

    private static void collect(JsonParser parser, String path, Set<String> fields) throws IOException {
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                collect(parser, path + "[]", fields);
            }
        } else if (parser.currentToken() == JsonToken.START_OBJECT && !WHOLE.contains(last(path))) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                collect(parser, path.isEmpty() ? field : path + "." + field, fields);
            }
        } else {
            parser.skipChildren();
            fields.add(path);
        }
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
