package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The service configs of docs/grpc.md are taken as they stand there. */
class DocumentedConfigsTest {
    private static final Pattern JSON =
            Pattern.compile("```json\\n(.*?)```|(?<=\"\"\"\\n)(.*?)(?=\"\"\"\\))", Pattern.DOTALL);

    private static List<String> configs() throws IOException {
        Matcher matcher = JSON.matcher(Files.readString(Path.of("../docs/grpc.md")));
        List<String> configs = new ArrayList<>();
        while (matcher.find()) {
            String text = (matcher.group(1) == null ? matcher.group(2) : matcher.group(1)).strip();
            configs.add(text.startsWith("{") ? text : "{\"methodConfig\": [{\"name\": [{}], " + text + "}]}");
        }
        return configs;
    }

    @Test
    void every_config_is_one_that_calls_can_be_made_with() throws Exception {
        assertThat(configs()).hasSize(4);
        for (String config : configs()) {
            try (Fleet fleet = new Fleet()) {
                fleet.register(fleet.speaker("a").instance());
                ManagedChannel channel = fleet.channel(config);
                assertThat(Speaker.call(channel)).as(config).isEqualTo("a");
            }
        }
    }
}
