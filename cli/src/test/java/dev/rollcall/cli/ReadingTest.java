package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Registration;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadingTest {
    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry registry = MemoryRegistry.open(name);

    @AfterEach
    void close() {
        registry.close();
    }

    private Run run(String... args) {
        String[] all = List.of(args).toArray(new String[args.length + 2]);
        all[args.length] = "--registry";
        all[args.length + 1] = "memory://" + name;
        return Run.start(all);
    }

    private Registration register(String id) {
        return registry.register(Instance.of("hello.srv.say", "10.0.0.7", 8080).withId(id));
    }

    @Test
    void services_are_listed_sorted_one_per_line() {
        registry.register(Instance.of("svc.b", "10.0.0.7", 1));
        registry.register(Instance.of("svc.a", "10.0.0.7", 1));
        registry.register(Instance.of("svc.a", "10.0.0.7", 2));
        assertThat(run("services").ends(0).lines()).containsExactly("svc.a", "svc.b");
        assertThat(run("services", "--json").ends(0).lines()).containsExactly("{\"services\":[\"svc.a\",\"svc.b\"]}");
    }

    @Test
    void no_service_at_all_is_an_answer() {
        assertThat(run("services").ends(0).lines()).isEmpty();
        assertThat(run("services", "--json").ends(0).lines()).containsExactly("{\"services\":[]}");
    }

    @Test
    void instances_are_a_table_with_aligned_columns() {
        register("a")
                .update(registry.lookup("hello.srv.say")
                        .instances()
                        .get(0)
                        .withMetadata("zone", "x")
                        .withMetadata("weight", "5"));
        register("a-longer-id");
        assertThat(run("instances", "hello.srv.say").ends(0).lines())
                .containsExactly(
                        "ID           VERSION  ADDRESS        STATUS  METADATA",
                        "a            latest   10.0.0.7:8080  up      weight=5 zone=x",
                        "a-longer-id  latest   10.0.0.7:8080  up");
    }

    @Test
    void a_service_without_instances_is_a_failure() {
        run("instances", "no.such").fails(1, "\"no.such\" has no instances");
        Run json = run("instances", "no.such", "--json").ends(1);
        assertThat(json.lines()).hasSize(1);
        assertThat(json.lines().get(0)).contains("\"instances\":[]");
    }

    @Test
    void text_from_the_registry_cannot_drive_the_terminal() {
        String hostile = "<script>\u001b[2J\u202ex\ny";
        registry.register(Instance.of("hello.srv.say", "10.0.0.7", 8080)
                .withId("a")
                .withMetadata("note", "<script>\u001b[2J\u202e"));
        try (Run watch = run("watch", "hello.srv.say")) {
            String shown =
                    String.join("", run("instances", "hello.srv.say").ends(0).lines())
                            + watch.lines(1).get(0)
                            + run("instances", hostile).ends(1).err().strip();
            assertThat(shown).contains("<script>\\u001b[2J\\u202e").contains("x\\u000ay");
            assertThat(shown.chars().filter(Character::isISOControl)).isEmpty();
            assertThat(shown).doesNotContain("\u202e");
        }
    }

    @Test
    void a_registry_that_is_away_is_one_line_and_exit_code_1() {
        registry.pause();
        run("services").fails(1, "memory: paused");
        run("instances", "hello.srv.say").fails(1, "memory: paused");
        run("watch", "hello.srv.say").fails(1, "memory: paused");
    }

    @Test
    void a_watch_shows_what_is_there_then_each_change_until_it_is_stopped() {
        register("a");
        Run watch = run("watch", "hello.srv.say");
        assertThat(watch.lines(1).get(0))
                .matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  joined           a  10\\.0\\.0\\.7:8080  latest");
        Registration b = register("b");
        assertThat(watch.lines(2).get(1)).contains("  joined           b  ");
        b.close();
        await().until(() -> watch.lines().stream().anyMatch(line -> line.contains("  left_gracefully  b  ")));
        registry.lose("hello.srv.say", "a");
        await().until(() -> watch.lines().stream().anyMatch(line -> line.contains("  lost             a  ")));
        watch.stop().ends(0);
        assertThat(watch.err()).isEmpty();
    }

    @Test
    void a_watch_says_when_the_registry_goes_and_comes() {
        register("a");
        try (Run watch = run("watch", "hello.srv.say", "--json")) {
            watch.lines(1);
            registry.pause();
            await().until(() -> watch.lines().stream().anyMatch(line -> line.contains("\"event\":\"stale\"")));
            registry.resume();
            await().until(() -> watch.lines().get(watch.lines().size() - 1).contains("\"event\":\"live\""));
        }
    }

    @Test
    void a_watch_of_nothing_says_that_it_waits() {
        try (Run watch = run("watch", "hello.srv.say")) {
            await().until(() -> watch.err().contains("no instances yet"));
            register("a");
            watch.lines(1);
        }
    }

    @Test
    void a_watch_that_nobody_reads_any_more_ends_quietly() {
        register("a");
        StringWriter err = new StringWriter();
        Writer closedPipe = new Writer() {
            @Override
            public void write(char[] text, int from, int length) throws IOException {
                throw new IOException("Broken pipe");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Console console = new Console(new PrintWriter(closedPipe), new PrintWriter(err), Map.of(), new Stop());
        assertThat(Cli.run(console, "watch", "hello.srv.say", "--registry", "memory://" + name))
                .isZero();
        assertThat(err.toString()).isEmpty();
    }
}
