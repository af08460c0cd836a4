package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegisterTest {
    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry registry = MemoryRegistry.open(name);

    @AfterEach
    void close() {
        registry.close();
    }

    private Run register(String address, String... more) {
        String[] args = new String[6 + more.length];
        System.arraycopy(
                new String[] {"register", "hello.srv.say", "--address", address, "--registry", "memory://" + name},
                0,
                args,
                0,
                6);
        System.arraycopy(more, 0, args, 6, more.length);
        return Run.start(args);
    }

    @Test
    void an_instance_is_there_with_all_that_was_said_until_the_command_is_stopped() {
        Run run = register(
                "10.0.0.7:8080", "--id", "a", "--version", "2.1", "--metadata", "zone=x", "--metadata", "q=1=2");
        assertThat(run.lines(1).get(0)).endsWith("  registered   a  10.0.0.7:8080");
        Instance instance = registry.lookup("hello.srv.say").instances().get(0);
        assertThat(instance.id()).isEqualTo("a");
        assertThat(instance.version()).isEqualTo("2.1");
        assertThat(instance.address()).isEqualTo(new Address("10.0.0.7", 8080));
        assertThat(instance.metadata()).isEqualTo(Map.of("zone", "x", "q", "1=2"));
        run.stop().ends(0);
        assertThat(registry.lookup("hello.srv.say").size()).isZero();
        assertThat(run.lines().get(run.lines().size() - 1)).contains("  closed ");
    }

    @Test
    void the_default_id_is_the_service_and_a_uuid_as_in_go_micro() {
        try (Run run = register("10.0.0.7:8080")) {
            run.lines(1);
            assertThat(registry.lookup("hello.srv.say").instances().get(0).id())
                    .matches("hello\\.srv\\.say-[0-9a-f-]{36}");
        }
    }

    @Test
    void a_registry_that_is_away_is_waited_for() {
        registry.pause();
        try (Run run = register("10.0.0.7:8080", "--id", "a")) {
            await().until(() -> run.err().contains("not registered yet"));
            registry.resume();
            assertThat(run.lines(1).get(0)).contains("  registered ");
        }
    }

    @Test
    void an_address_that_listens_everywhere_is_replaced_and_said_so() {
        try (Run run = register("0.0.0.0:8080", "--id", "a")) {
            run.lines(1);
            await().until(() -> run.err().contains("0.0.0.0:8080 cannot be called from elsewhere"));
        }
    }

    @Test
    void what_must_not_be_registered_is_wrong_usage() {
        register("10.0.0.7").fails(2, "has no port (expected: HOST:PORT");
        register("10.0.0.7:70000").fails(2, "port 70000");
        register("10.0.0.7:1", "--id", "../x").fails(2, "path segment");
        register("10.0.0.7:1", "--metadata", "zone").fails(2, "zone");
        Run.start("register", "hello.srv.say").fails(2, "--address");
        Run.start("register", "--address", "10.0.0.7:1").fails(2, "SERVICE");
    }
}
