package dev.rollcall.etcd.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tests that no view loses an instance can fail: each runs here once more, in a JVM of its own, against a build in which one
 * line is broken.
 */
class BrokenBuildTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/rollcall/etcd/internal");

    /** How an assertion fails, as against a program that cannot run; which of them is first is a matter of time. */
    private static final List<String> ASSERTIONS =
            List.of("AssertionError", "AssertionFailedError", "ConditionTimeoutException");

    @TempDir
    Path broken;

    /** Runs the named tests outside JUnit; ends with an exception when one fails. */
    static final class Scenarios {
        private Scenarios() {}

        public static void main(String[] names) throws Exception {
            Awaitility.setDefaultTimeout(2, TimeUnit.SECONDS);
            for (String name : names) {
                AnotherHistoryTest test = new AnotherHistoryTest();
                test.open();
                try {
                    switch (name) {
                        case "cut" -> test.a_cut_without_another_history_loses_nothing();
                        case "wipe" -> test.no_view_loses_an_instance_when_etcd_is_wiped();
                        default -> throw new IllegalArgumentException(name);
                    }
                } finally {
                    test.close();
                }
            }
            System.exit(0);
        }
    }

    @Test
    void what_is_not_broken_passes() throws Exception {
        assertThat(run("cut", "wipe")).isEqualTo("passed");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # resume from now on
            cut  | view/Follower.java       | watchFrom(seen.revision() + 1);   | watchFrom(0);
            # resume where another history may be
            wipe | view/Follower.java       | list(on, Continuity.OTHER);    | watchFrom(seen.revision() + 1);
            # no hold
            wipe | view/FollowedService.java| holds.nanos() > 0              | holds.nanos() < 0
            # an outage empties the view
            cut  | view/FollowedService.java| live = false;                  | live = false; note(pool.remove("/micro/registry/hello.srv.say/a", false));
            """)
    void a_build_with_a_broken_line_fails(String scenario, String source, String line, String instead)
            throws Exception {
        breakLine(SOURCES.resolve(source), line, instead);
        assertThat(run(scenario))
                .contains("dev.rollcall.etcd.view.AnotherHistoryTest")
                .containsAnyOf(ASSERTIONS.toArray(new String[0]));
    }

    private void breakLine(Path source, String line, String instead) throws IOException {
        String whole = Files.readString(source);
        String changed = whole.replace(line, instead);
        assertThat(changed)
                .as("%s with %s instead of %s", source, instead, line)
                .isNotEqualTo(whole);
        Path copy = broken.resolve(source.getFileName());
        Files.writeString(copy, changed);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter complaints = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options = List.of("-nowarn", "-proc:none", "-d", broken.toString(), "-cp", classPath());
            if (!compiler.getTask(complaints, files, null, options, null, files.getJavaFileObjects(copy))
                    .call()) {
                fail("the broken line does not compile: " + complaints);
            }
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** {@code passed}, or what the program had to say. */
    private String run(String... scenarios) throws IOException, InterruptedException {
        Path output = broken.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-Drollcall.test.patience=2",
                "-cp",
                broken + File.pathSeparator + classPath(),
                Scenarios.class.getName()));
        command.addAll(Stream.of(scenarios).toList());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue() == 0 ? "passed" : Files.readString(output);
    }
}
