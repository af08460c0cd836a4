package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes that real go-micro programs wrote. */
class GoMicroVectorsTest {
    private static final Pattern EVENT =
            Pattern.compile("EVENT \\{(?:\"Action\":\"\\w+\",)?\"Service\":(.+?)(?:,\"Action\":\"\\w+\")?}");

    @ParameterizedTest
    @CsvSource({
        "go-micro-v1.18.0, go-micro, 4",
        "go-micro-v2.9.1, go-micro, 4",
        "go-micro-v6.10.0, go-micro-v5, 4",
    })
    void what_go_micro_stored_is_read_and_written_again_byte_for_byte(String vectors, String layoutName, int keys)
            throws Exception {
        Layout layout = Layouts.of(layoutName, null);
        Map<String, String> stored = stored(vectors);
        assertThat(stored).hasSize(keys);
        for (Map.Entry<String, String> each : stored.entrySet()) {
            Instance instance = layout.decode(each.getKey(), each.getValue().getBytes(UTF_8));
            Layout.Entry written = layout.encode(instance).get(0);
            assertThat(written.key()).isEqualTo(each.getKey());
            assertThat(new String(written.value(), UTF_8)).isEqualTo(each.getValue());
            assertThat(each.getKey()).startsWith(layout.prefix(instance.service()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "go-micro-v1.18.0, go-micro, 7",
        "go-micro-v2.9.1, go-micro, 7",
        "go-micro-v6.10.0, go-micro-v5, 7",
    })
    void what_go_micro_told_its_watchers_is_read_and_written_again_byte_for_byte(
            String vectors, String layoutName, int atLeast) throws Exception {
        Layout layout = Layouts.of(layoutName, null);
        List<String> told = read(vectors)
                .lines()
                .map(EVENT::matcher)
                .filter(Matcher::matches)
                .map(event -> event.group(1))
                .toList();
        assertThat(told).hasSizeGreaterThanOrEqualTo(atLeast);
        for (String value : told) {
            Instance instance = layout.decode("", value.getBytes(UTF_8));
            assertThat(new String(layout.encode(instance).get(0).value(), UTF_8))
                    .isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource({"go-micro-v2.9.1, go-micro", "go-micro-v6.10.0, go-micro-v5"})
    void every_part_of_what_go_micro_stored_is_found(String vectors, String layoutName) throws Exception {
        Layout layout = Layouts.of(layoutName, null);
        String key = "/micro/registry/go.micro.srv.greeter/go.micro.srv.greeter-3c1d7d6e-58a2-4f56-9b4b-0c5f5f7a0a01";
        String value = stored(vectors).getOrDefault(key, "");

        assertThat(layout.decode(key, value.getBytes(UTF_8)))
                .isEqualTo(new Instance(
                        "go.micro.srv.greeter",
                        "latest",
                        "go.micro.srv.greeter-3c1d7d6e-58a2-4f56-9b4b-0c5f5f7a0a01",
                        new Address("10.1.2.3", 40001),
                        Status.UP,
                        Map.of(
                                "broker", "http",
                                "protocol", "grpc",
                                "registry", "etcd",
                                "server", "grpc",
                                "transport", "grpc"),
                        Map.of("team", "core"),
                        List.of(new Endpoint(
                                "Say.Hello",
                                new Value("Request", "Request", List.of(new Value("name", "string", List.of()))),
                                new Value("Response", "Response", List.of(new Value("msg", "string", List.of()))),
                                Map.of("stream", "false")))));
    }

    @Test
    void all_names_read_what_all_versions_wrote() throws Exception {
        for (String vectors : List.of("go-micro-v1.18.0", "go-micro-v6.10.0", "go-plugins-v1.1.0-etcd-v3")) {
            for (Map.Entry<String, String> each : stored(vectors).entrySet()) {
                byte[] value = each.getValue().getBytes(UTF_8);
                Instance read = Layouts.of("go-micro", null).decode(each.getKey(), value);
                assertThat(Layouts.of("go-micro-v5", null).decode(each.getKey(), value))
                        .isEqualTo(read);
                assertThat(Layouts.of("go-micro-old", null).decode(each.getKey(), value))
                        .isEqualTo(read);
            }
        }
    }

    @Test
    void the_port_of_its_own_that_old_go_micro_wrote_becomes_part_of_the_address() throws Exception {
        Layout old = Layouts.of("go-micro-old", null);
        Map<String, String> stored = stored("go-plugins-v1.1.0-etcd-v3");
        assertThat(stored).hasSize(1);
        for (Map.Entry<String, String> each : stored.entrySet()) {
            Instance instance = old.decode(each.getKey(), each.getValue().getBytes(UTF_8));
            assertThat(instance.address()).isEqualTo(new Address("10.1.2.3", 40001));
            assertThat(instance.service()).isEqualTo("go.micro.srv/greeter");
            assertThat(instance.id()).isEqualTo("go.micro.srv/greeter-uuid1");
            assertThat(instance.metadata()).containsEntry("protocol", "mucp").hasSize(5);
            assertThat(instance.endpoints()).hasSize(1);
            assertThat(each.getKey()).startsWith(old.prefix(instance.service()));
        }
    }

    /** Every key line that is followed by a value line. */
    private static Map<String, String> stored(String vectors) {
        Map<String, String> stored = new LinkedHashMap<>();
        List<String> lines = read(vectors).lines().toList();
        for (int i = 0; i + 1 < lines.size(); i++) {
            if (lines.get(i).startsWith("/micro") && lines.get(i + 1).startsWith("{")) {
                stored.put(lines.get(i), lines.get(i + 1));
            }
        }
        return stored;
    }

    private static String read(String vectors) {
        try (InputStream in = GoMicroVectorsTest.class.getResourceAsStream("/vectors/" + vectors + ".txt")) {
            assertThat(in).as(vectors).isNotNull();
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
