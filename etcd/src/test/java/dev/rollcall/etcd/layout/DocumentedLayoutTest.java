package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Instance;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds docs/layouts.md to the code. */
class DocumentedLayoutTest {
    private static final Path PAGE = Path.of("..", "docs", "layouts.md");

    @Test
    void the_layout_in_the_documentation_compiles_is_found_and_works(@TempDir Path dir) throws Exception {
        String source = Files.readString(PAGE).split("```java\n", 2)[1].split("\n```", 2)[0];
        assertThat(source.lines()).hasSizeLessThan(100);
        compile(source, dir);
        Path services = Files.createDirectories(dir.resolve("META-INF").resolve("services"));
        Files.writeString(services.resolve(LayoutProvider.class.getName()), "com.example.TeamLayouts");
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {dir.toUri().toURL()}, LayoutProvider.class.getClassLoader())) {
            LayoutProvider provider = ServiceLoader.load(LayoutProvider.class, loader).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(each -> each.names().contains("team"))
                    .findFirst()
                    .orElseThrow();
            Layout layout = provider.open("team", null);
            Instance instance = Instance.of("pay", "10.0.0.7", 80).withId("n1");
            Layout.Entry entry = layout.encode(instance).get(0);
            assertThat(entry.key()).isEqualTo("/team/pay/n1");
            assertThat(layout.decode(entry.key(), entry.value())).isEqualTo(instance);
            assertThatThrownBy(() -> layout.decode(entry.key(), "junk".getBytes(UTF_8)))
                    .isInstanceOf(UnreadableValueException.class);
        }
    }

    private static void compile(String source, Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("TeamLayouts.java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter problems = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ROOT, UTF_8)) {
            List<String> options =
                    List.of("-proc:none", "-d", dir.toString(), "-cp", System.getProperty("java.class.path"));
            boolean done = compiler.getTask(problems, files, null, options, null, files.getJavaFileObjects(file))
                    .call();
            assertThat(done).as(problems.toString()).isTrue();
        }
    }

    @Test
    void the_table_names_every_layout_and_its_time_to_live() throws IOException {
        String page = Files.readString(PAGE);
        for (String name : Layouts.names()) {
            if (!name.startsWith("test-")) {
                Layout layout = Layouts.of(name, null);
                String row = page.lines()
                        .filter(line -> line.startsWith("| `" + name + "` |"))
                        .collect(Collectors.joining());
                String ttl = layout.writable() ? layout.ttl().toSeconds() + " s" : "-";
                assertThat(row).contains("| " + ttl + " |");
            }
        }
    }
}
