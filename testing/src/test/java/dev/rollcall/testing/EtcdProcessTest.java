package dev.rollcall.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.testing.Etcdctl.EtcdctlException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EtcdProcessTest {
    private final EtcdProcess etcd = EtcdProcess.launch();
    private final Etcdctl ctl = etcd.ctl();

    @AfterEach
    void end() {
        etcd.close();
    }

    @Test
    void a_killed_etcd_comes_back_with_its_keys_and_its_lease() {
        long lease = ctl.grantLease(Duration.ofSeconds(60));
        ctl.put("greeting", "hello", lease);
        long created = ctl.get("greeting").orElseThrow().createRevision();

        etcd.kill();

        assertThat(etcd.isAlive()).isFalse();
        assertThatThrownBy(() -> ctl.run("get", "greeting", "--command-timeout=200ms", "--dial-timeout=200ms"))
                .isInstanceOf(EtcdctlException.class);

        etcd.start();

        StoredKey found = ctl.get("greeting").orElseThrow();
        assertThat(found.value()).isEqualTo("hello");
        assertThat(found.lease()).isEqualTo(lease);
        assertThat(found.createRevision()).isEqualTo(created);
        assertThat(ctl.timeToLive(lease))
                .hasValueSatisfying(left -> assertThat(left).isPositive());
    }

    @Test
    void a_wiped_etcd_keeps_its_cluster_id_and_loses_its_past() {
        ctl.put("a", "1");
        ctl.put("a", "2");
        String id = ctl.clusterId();
        assertThat(ctl.revision()).isEqualTo(3);

        etcd.terminate();
        etcd.wipe();
        etcd.start();

        assertThat(ctl.clusterId()).isEqualTo(id);
        assertThat(ctl.revision()).isEqualTo(1);
        assertThat(ctl.get("a")).isEmpty();
    }

    @Test
    void a_restored_etcd_shows_the_old_snapshot() {
        ctl.put("a", "old");
        etcd.kill();
        Path backup = etcd.backup();
        etcd.start();
        ctl.put("a", "new");
        etcd.kill();

        etcd.restore(backup);
        etcd.start();

        assertThat(ctl.get("a").orElseThrow().value()).isEqualTo("old");
        assertThat(ctl.revision()).isEqualTo(2);
    }

    @Test
    void a_paused_etcd_is_alive_and_silent() {
        etcd.pause();

        assertThat(etcd.isAlive()).isTrue();
        assertThatThrownBy(() -> ctl.run("get", "x", "--command-timeout=300ms", "--dial-timeout=300ms"))
                .isInstanceOf(EtcdctlException.class);

        etcd.resume();
        ctl.put("x", "1");
        assertThat(ctl.get("x")).isPresent();
    }

    @Test
    void the_operator_writes_any_bytes() {
        byte[] key = {'k', 0, (byte) 0xff, '"', '\\', '\n', '\''};
        byte[] value = {0, 1, (byte) 0x80, '}', '"', '{'};
        ctl.put(key, value, 0);
        ctl.put("Grüße, мир", "日本 {} \"'");
        ctl.put("empty", "");

        assertThat(ctl.get(key).orElseThrow().valueBytes()).isEqualTo(value);
        assertThat(ctl.get("Grüße, мир").orElseThrow().value()).isEqualTo("日本 {} \"'");
        assertThat(ctl.get("empty").orElseThrow().value()).isEmpty();
        assertThat(ctl.list("")).hasSize(3).extracting(StoredKey::key).contains("empty");
        ctl.put("big", "x".repeat(1_000_000));
        assertThat(ctl.get("big").orElseThrow().value().getBytes(UTF_8)).hasSize(1_000_000);
        ctl.deletePrefix("");
        assertThat(ctl.list("")).isEmpty();
    }

    @Test
    void the_operator_handles_leases_compaction_and_alarms() {
        long lease = ctl.grantLease(Duration.ofSeconds(30));
        ctl.put("a", "1", lease);
        assertThat(ctl.leases()).containsExactly(lease);
        assertThat(ctl.keysOf(lease)).isEqualTo(1);

        ctl.revokeLease(lease);

        assertThat(ctl.get("a")).isEmpty();
        assertThat(ctl.timeToLive(lease)).isEmpty();
        ctl.compact(ctl.revision());
        ctl.defragment();
        assertThatThrownBy(() -> ctl.run("get", "a", "--rev=1")).hasMessageContaining("compacted");
        assertThat(ctl.alarms()).isEmpty();
    }

    @Test
    void metrics_count_calls_and_open_files() {
        long before = etcd.metrics().calls("Range");

        ctl.run("get", "a");

        assertThat(etcd.metrics().calls("Range")).isEqualTo(before + 1);
        assertThat(etcd.metrics().watchers()).isZero();
        assertThat(etcd.metrics().openFiles()).isPositive();
        assertThat(etcd.metrics().value("no_such_metric")).isZero();
    }

    @Test
    void a_start_that_fails_shows_the_log() {
        assertThatThrownBy(() -> EtcdProcess.launch(EtcdOptions.defaults().with("election-timeout", "1")))
                .hasMessageContaining("ended while starting")
                .hasMessageContaining("election-timeout");
    }

    @Test
    void closing_ends_the_process_and_leaves_no_data() {
        ProcessHandle handle = ProcessHandle.of(etcd.pid()).orElseThrow();
        Path home = Path.of(handle.info().arguments().orElseThrow()[1].replace("--data-dir=", ""))
                .getParent();
        assertThat(home).isDirectory();

        etcd.close();
        etcd.close();

        assertThat(handle.isAlive()).isFalse();
        assertThat(home).doesNotExist();
    }
}
