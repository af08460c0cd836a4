package dev.rollcall.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.testing.Etcdctl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's own command line, as it is, on the embedded etcd. */
class EtcdctlTest {
    private final EmbeddedEtcd etcd = EmbeddedEtcd.start();
    private final Etcdctl ctl = Etcdctl.at(etcd.endpoint());
    private final List<Process> processes = new ArrayList<>();

    @TempDir
    private Path directory;

    @BeforeEach
    void some_keys() {
        ctl.put("a", "1");
        ctl.put("b", "2");
    }

    @AfterEach
    void stop() {
        processes.forEach(Process::destroyForcibly);
        etcd.close();
    }

    @Test
    void gets_puts_and_deletes() {
        assertThat(ctl.run("get", "a")).isEqualTo("a\n1\n");
        assertThat(ctl.run("get", "", "--from-key", "--sort-by=MODIFY", "--order=DESCEND", "--print-value-only"))
                .isEqualTo("2\n1\n");
        assertThat(ctl.run("get", "a", "--rev=1")).isEmpty();
        assertThat(ctl.run("put", "a", "3", "--prev-kv")).isEqualTo("OK\na\n1\n");
        assertThat(ctl.run("del", "a", "z", "--prev-kv")).isEqualTo("2\na\n3\nb\n2\n");
        assertThatThrownBy(() -> ctl.run("put", "x", "--ignore-value"))
                .hasMessageContaining("etcdserver: key not found");
    }

    @Test
    void runs_transactions() {
        ctl.transaction("put a 5", "del b");
        assertThat(ctl.run("get", "", "--from-key")).isEqualTo("a\n5\n");
    }

    @Test
    void compacts() {
        ctl.compact(3);
        assertThatThrownBy(() -> ctl.run("get", "a", "--rev=2"))
                .hasMessageContaining("required revision has been compacted");
        assertThatThrownBy(() -> ctl.compact(99)).hasMessageContaining("required revision is a future revision");
        ctl.defragment();
    }

    @Test
    void grants_lists_and_revokes_leases() {
        long lease = ctl.grantLease(Duration.ofSeconds(100));
        ctl.put("c", "3", lease);
        assertThat(ctl.leases()).containsExactly(lease);
        assertThat(ctl.timeToLive(lease))
                .hasValueSatisfying(left -> assertThat(left).isPositive());
        assertThat(ctl.keysOf(lease)).isEqualTo(1);
        assertThat(ctl.run("lease", "keep-alive", "--once", Long.toHexString(lease)))
                .contains("keepalived with TTL(100)");
        ctl.revokeLease(lease);
        assertThat(ctl.get("c")).isEmpty();
        assertThat(ctl.timeToLive(lease)).isEmpty();
        assertThatThrownBy(() -> ctl.revokeLease(lease)).hasMessageContaining("requested lease not found");
    }

    @Test
    void shows_the_member_its_status_and_its_health() {
        assertThat(ctl.run("member", "list"))
                .contains("started, rollcall-embedded")
                .contains(etcd.endpoint());
        assertThat(ctl.run("endpoint", "status"))
                .contains(MaintenanceService.VERSION)
                .contains("true");
        assertThat(ctl.run("endpoint", "status", "--cluster", "--write-out=json"))
                .contains("\"revision\":3");
        ctl.run("endpoint", "health");
        assertThat(ctl.alarms()).isEmpty();
        assertThatThrownBy(() -> ctl.run("auth", "enable")).hasMessageContaining("root user does not exist");
        assertThat(ctl.run("auth", "disable")).contains("Authentication Disabled");
        assertThat(ctl.run("user", "list")).isEmpty();
        // it asks for a token, is told that there is no authentication, and goes on
        assertThat(ctl.withUser("root", "secret").get("a")).isPresent();
    }

    @Test
    void what_is_not_there_is_named() {
        assertThatThrownBy(() -> ctl.run("member", "add", "x", "--peer-urls=http://127.0.0.1:1"))
                .hasMessageContaining("Unimplemented")
                .hasMessageContaining("etcdserverpb.Cluster/MemberAdd");
        assertThatThrownBy(() -> ctl.run(
                        "snapshot", "save", directory.resolve("snapshot").toString()))
                .hasMessageContaining("etcdserverpb.Maintenance/Snapshot");
    }

    @Test
    void watches_from_the_past_on() {
        Path out = spawn("watch", "a", "--rev=2", "--prev-kv");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(out).equals("PUT\na\n1\n"));
        ctl.put("a", "2");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(out).endsWith("PUT\na\n1\na\n2\n"));
        ctl.delete("a");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(out).endsWith("DELETE\na\n2\na\n\n"));
    }

    @Test
    void a_watch_of_what_is_compacted_ends_with_the_reason() {
        ctl.compact(3);
        Path out = spawn("watch", "a", "--rev=2");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(out).contains("required revision has been compacted"));
    }

    @Test
    void locks_one_after_the_other() {
        Path holder = spawn("lock", "door");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(holder).startsWith("door/"));
        Path waiting = spawn("lock", "door", "echo", "inside");
        await().atMost(Duration.ofSeconds(20)).until(() -> ctl.list("door/").size() == 2);
        assertThat(text(waiting)).isEmpty();

        processes.get(0).destroy();
        await().atMost(Duration.ofSeconds(20)).until(() -> text(waiting).equals("inside\n"));
    }

    @Test
    void elects_a_leader_and_the_next_one_when_its_lease_ends() {
        Path first = spawn("elect", "chair", "one");
        await().atMost(Duration.ofSeconds(20)).until(() -> text(first).endsWith("one\n"));
        Path second = spawn("elect", "chair", "two");
        await().atMost(Duration.ofSeconds(20)).until(() -> ctl.list("chair/").size() == 2);
        assertThat(text(second)).isEmpty();

        processes.get(0).destroyForcibly();
        etcd.faults()
                .expireLease(ctl.list("chair/").stream()
                        .filter(key -> key.value().equals("one"))
                        .findFirst()
                        .orElseThrow()
                        .lease());
        await().atMost(Duration.ofSeconds(20)).until(() -> text(second).endsWith("two\n"));
    }

    private Path spawn(String... arguments) {
        Path out = directory.resolve("out-" + processes.size());
        List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints=" + etcd.endpoint()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().put("ETCDCTL_API", "3");
        try {
            processes.add(builder.start());
        } catch (IOException e) {
            throw new IllegalStateException("etcdctl: " + e.getMessage(), e);
        }
        return out;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
