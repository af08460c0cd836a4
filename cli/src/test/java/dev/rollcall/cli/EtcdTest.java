package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Ports;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command on a real etcd, and on one that is not there. */
class EtcdTest {
    private static String at(EtcdProcess etcd) {
        return "--registry=etcd://127.0.0.1:" + etcd.port();
    }

    @Test
    void an_etcd_that_is_not_there_is_one_line_and_exit_code_1() {
        String nobody = "--registry_address=127.0.0.1:" + Ports.free();
        Run.start("services", nobody, "--timeout", "200ms").fails(1, "127.0.0.1");
        Run.start("instances", "hello.srv.say", nobody, "--timeout", "200ms").fails(1, "127.0.0.1");
        Run.start("watch", "hello.srv.say", nobody, "--timeout", "200ms").fails(1, "127.0.0.1");
    }

    @Test
    void what_register_writes_services_and_instances_read_and_nothing_is_left() {
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            try (Run register = Run.start(
                    "register", "hello.srv.say", "--address", "10.0.0.7:8080", "--id", "a", "--ttl", "10s", at(etcd))) {
                assertThat(register.lines(1).get(0)).contains("  registered   a  ");
                assertThat(etcd.ctl().list("/micro/registry/"))
                        .singleElement()
                        .satisfies(key -> assertThat(key.key()).isEqualTo("/micro/registry/hello.srv.say/a"));
                assertThat(Run.start("services", at(etcd)).ends(0).lines()).containsExactly("hello.srv.say");
                assertThat(Run.start("instances", "hello.srv.say", at(etcd))
                                .ends(0)
                                .lines())
                        .hasSize(2);
                register.stop().ends(0);
            }
            assertThat(etcd.ctl().list("/micro/registry/")).isEmpty();
            assertThat(etcd.ctl().leases()).isEmpty();
        }
    }

    @Test
    void a_watch_lives_through_an_outage_and_tells_its_cause_once() {
        try (EtcdProcess etcd = EtcdProcess.launch();
                Run register =
                        Run.start("register", "hello.srv.say", "--address", "10.0.0.7:1", "--id", "a", at(etcd))) {
            register.lines(1);
            try (Run watch = Run.start("watch", "hello.srv.say", at(etcd))) {
                watch.lines(1);
                update(etcd); // seen only by a watch that runs
                await().until(() -> watch.lines().size() >= 2);
                etcd.kill();
                await().until(() -> last(watch).contains("  stale"));
                etcd.start();
                await().until(() -> last(watch).contains("  live"));
                assertThat(watch.err().lines()).hasSize(1);
            }
        }
    }

    private static void update(EtcdProcess etcd) {
        String key = "/micro/registry/hello.srv.say/b";
        etcd.ctl().put(key, etcd.ctl().list("/micro/registry/").get(0).value().replace("\"a\"", "\"b\""));
    }

    private static String last(Run run) {
        List<String> lines = run.lines();
        return lines.get(lines.size() - 1);
    }

    @Test
    void a_layout_that_does_not_exist_is_wrong_usage() {
        Run.start("services", "--layout", "nosuch").fails(2, "nosuch");
        Run.start("register", "s", "--address", "10.0.0.7:1", "--ttl", "0s").fails(2, "ttl: 0s (expected: >= 2s)");
    }

    @Test
    void config_shows_no_secret() {
        Map<String, String> environment = Map.of("ETCD_USERNAME", "alice", "ETCD_PASSWORD", "CANARY");
        for (String json : List.of("--json", "--registry=etcd")) {
            Run run = Run.start(environment, "config", json).ends(0);
            assertThat(String.join("\n", run.lines()))
                    .contains("alice")
                    .contains("******")
                    .doesNotContain("CANARY");
        }
    }
}
