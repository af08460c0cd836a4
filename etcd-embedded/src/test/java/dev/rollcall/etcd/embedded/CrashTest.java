package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the data directory after every kind of end. */
class CrashTest {
    @TempDir
    private Path directory;

    @Test
    void everything_comes_back_after_a_restart_and_leases_with_their_full_time() {
        long lease;
        long second;
        try (EmbeddedEtcd etcd = open(directory);
                Peer peer = Peer.at(etcd.endpoint())) {
            lease = peer.grant(0, 1000);
            peer.put("a", "1");
            second = peer.put("a", "2", lease);
            peer.put("b", "1", lease);
            peer.delete("b");
            peer.compact(second);
            peer.put("c", "1");
            etcd.faults().advanceLeases(Duration.ofMinutes(15));
            long gone = peer.grant(0, 1000);
            peer.put("d", "1", gone);
            etcd.faults().expireLease(gone);
        }
        try (EmbeddedEtcd etcd = open(directory);
                Peer peer = Peer.at(etcd.endpoint());
                WatchLog watch = WatchLog.open(peer)) {
            assertThat(peer.get("a")).isEqualTo("2");
            assertThat(peer.get("b")).isEqualTo("-");
            assertThat(peer.get("d")).isEqualTo("-");
            assertThat(peer.revision()).isEqualTo(8);
            assertThatThrownBy(() -> peer.kv().range(at("a", second - 1))).hasMessageContaining("compacted");
            watch.create("a", second);
            assertThat(watch.awaitEvents(1).get(0).getKv().getLease()).isEqualTo(lease);
            var left = peer.lease()
                    .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                            .setID(lease)
                            .setKeys(true)
                            .build());
            assertThat(left.getTTL()).isGreaterThan(900);
            assertThat(left.getKeysList()).containsExactly(bytes("a"));
        }
    }

    @Test
    void the_log_cut_anywhere_comes_back_as_it_was_after_the_last_whole_frame() throws IOException {
        List<String> states = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        Path log = directory.resolve("whole").resolve("1.log");
        try (Machine machine = new Machine(log.getParent(), 1 << 30)) {
            states.add(machine.state());
            ends.add(Files.size(log));
            for (int i = 0; i < 40; i++) {
                machine.step(i);
                states.add(machine.state());
                ends.add(Files.size(log));
            }
        }
        byte[] whole = Files.readAllBytes(log);
        assertThat(whole.length).isGreaterThan(1000);

        int expected = 0;
        for (int cut = 0; cut <= whole.length; cut++) {
            while (expected + 1 < ends.size() && ends.get(expected + 1) <= cut) {
                expected++;
            }
            Path copy = directory.resolve("cut");
            Files.createDirectories(copy);
            Files.write(copy.resolve("1.log"), Arrays.copyOf(whole, cut));
            try (Machine machine = new Machine(copy, 1 << 30)) {
                assertThat(machine.state()).as("cut at byte %d", cut).isEqualTo(states.get(expected));
            }
            if (cut % 50 == 0) {
                String after;
                try (Machine machine = new Machine(copy, 1 << 30)) {
                    machine.step(7);
                    after = machine.state();
                }
                try (Machine machine = new Machine(copy, 1 << 30)) {
                    assertThat(machine.state())
                            .as("written after a cut at byte %d", cut)
                            .isEqualTo(after);
                }
            }
        }
    }

    @Test
    void a_byte_changed_before_the_last_frame_is_refused_with_its_place() throws IOException {
        Path log = directory.resolve("1.log");
        long lastFrame;
        try (Machine machine = new Machine(directory, 1 << 30)) {
            for (int i = 0; i < 20; i++) {
                machine.step(i);
            }
            lastFrame = Files.size(log);
            machine.step(21);
        }
        byte[] whole = Files.readAllBytes(log);
        Random random = new Random(4);
        for (int i = 0; i < 200; i++) {
            byte[] changed = whole.clone();
            int place = random.nextInt(Frames.MAGIC.length, (int) lastFrame);
            changed[place] ^= (byte) (1 << random.nextInt(8));
            Files.write(log, changed);
            assertThatThrownBy(() -> new Machine(directory, 1 << 30).close())
                    .as("byte %d changed", place)
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("1.log: byte ");
            assertThat(Files.readAllBytes(log)).isEqualTo(changed);
        }
        Files.write(log, "something else".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> new Machine(directory, 1 << 30).close())
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("not a file of an embedded etcd");
    }

    @Test
    void snapshots_replace_logs_and_hold_the_same() throws IOException {
        String state;
        try (Machine machine = new Machine(directory, 2_000)) {
            for (int i = 0; i < 400; i++) {
                machine.step(i);
            }
            state = machine.state();
        }
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .anyMatch(name -> name.endsWith(".snapshot"))
                    .doesNotContain("1.log");
        }
        try (Machine machine = new Machine(directory, 2_000)) {
            assertThat(machine.state()).isEqualTo(state);
        }
    }

    @Test
    void a_crash_while_a_snapshot_was_written_falls_back_to_the_logs() throws IOException {
        String state;
        try (Machine machine = new Machine(directory, 1 << 30)) {
            for (int i = 0; i < 50; i++) {
                machine.step(i);
            }
            state = machine.state();
        }
        Files.write(directory.resolve("2.log"), Frames.MAGIC);
        Files.write(directory.resolve("2.snapshot.new"), new byte[] {1, 2, 3});
        try (Machine machine = new Machine(directory, 1 << 30)) {
            assertThat(machine.state()).isEqualTo(state);
        }
        assertThat(directory.resolve("2.snapshot.new")).doesNotExist();
    }

    @Test
    void when_the_disk_fails_nothing_is_answered_any_more_and_it_is_told_once() throws IOException {
        Recovery recovery = new Recovery(new Leases(() -> 0L));
        DataDirectory opened = DataDirectory.open(directory, false, recovery);
        List<IOException> failures = new CopyOnWriteArrayList<>();
        DiskJournal journal = new DiskJournal(opened, failures::add);
        Store store = new Store(recovery.keys(), recovery.leases(), journal, 1 << 30);
        AtomicLong answered = new AtomicLong();
        opened.close();

        for (int i = 0; i < 3; i++) {
            store.put(PutRequest.newBuilder().setKey(bytes("k")).build());
            store.whenDurable(answered::incrementAndGet);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> !failures.isEmpty());
        store.put(PutRequest.newBuilder().setKey(bytes("k")).build());
        store.whenDurable(answered::incrementAndGet);
        journal.close();

        assertThat(failures).hasSize(1);
        assertThat(answered).hasValue(0);
    }

    @Test
    void an_answer_that_fails_does_not_stop_the_others() throws Exception {
        try (Machine machine = new Machine(directory, 1 << 30)) {
            machine.journal.whenDurable(machine.journal.position() + 1, () -> {
                throw new IllegalStateException("as meant");
            });
            machine.step(3);
            machine.step(3);
        }
    }

    @Test
    void a_directory_has_one_user() {
        try (EmbeddedEtcd etcd = open(directory)) {
            assertThat(etcd.endpoint()).isNotEmpty();
            assertThatThrownBy(() -> open(directory))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("used by another embedded etcd");
        }
        open(directory).close();
    }

    @Test
    void what_was_answered_survives_a_kill() throws Exception {
        kills(5, 1);
    }

    @Test
    @Tag("long")
    void what_was_answered_survives_a_hundred_kills() throws Exception {
        kills(100, 2);
    }

    private void kills(int count, long seed) throws Exception {
        Random random = new Random(seed);
        long acknowledged = 0;
        for (int i = 0; i < count; i++) {
            acknowledged = writeUntilKilled(acknowledged, 1 + random.nextInt(300));
        }
    }

    /** Starts a server of its own process, checks all it answered before, and kills it after a number of answers. */
    private long writeUntilKilled(long before, int answers) throws Exception {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        IdleConnectionsTest.SILENT_LOGBACK,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                Peer peer = Peer.at(out.readLine())) {
            for (long i = 0; i < before; i += 1 + before / 50) {
                assertThat(peer.get("k" + i)).isEqualTo("v" + i);
            }
            assertThat(peer.kv()
                            .range(RangeRequest.newBuilder()
                                    .setKey(bytes("k"))
                                    .setRangeEnd(bytes("l"))
                                    .setCountOnly(true)
                                    .build())
                            .getCount())
                    .isGreaterThanOrEqualTo(before);
            AtomicLong next = new AtomicLong(before);
            AtomicLong done = new AtomicLong(before);
            CountDownLatch enough = new CountDownLatch(answers);
            Thread writer = new Thread(() -> {
                try {
                    while (true) {
                        long i = next.getAndIncrement();
                        peer.put("k" + i, "v" + i);
                        done.incrementAndGet();
                        enough.countDown();
                    }
                } catch (StatusRuntimeException killed) {
                    // as meant
                }
            });
            writer.setDaemon(true);
            writer.start();
            assertThat(enough.await(60, TimeUnit.SECONDS)).isTrue();
            process.destroyForcibly().waitFor();
            writer.join(60_000);
            return done.get();
        } finally {
            process.destroyForcibly();
        }
    }

    /** The process that is killed. */
    static final class Child {
        public static void main(String[] arguments) throws InterruptedException {
            EmbeddedEtcd etcd = open(Path.of(arguments[0]));
            System.out.println(etcd.endpoint());
            new CountDownLatch(1).await();
        }
    }

    private static EmbeddedEtcd open(Path directory) {
        return EmbeddedEtcd.builder().data(directory).start();
    }

    private static RangeRequest at(String key, long revision) {
        return RangeRequest.newBuilder()
                .setKey(bytes(key))
                .setRevision(revision)
                .build();
    }

    /** A store on a directory without a network, and without waiting for the disk itself. */
    private static final class Machine implements AutoCloseable {
        private final DiskJournal journal;
        private final Store store;

        Machine(Path directory, long smallLog) throws IOException {
            Recovery recovery = new Recovery(new Leases(() -> 0L));
            DataDirectory opened = DataDirectory.open(directory, false, smallLog, recovery);
            journal = new DiskJournal(opened, failure -> {});
            store = new Store(recovery.keys(), recovery.leases(), journal, 1 << 30);
            journal.snapshots(() -> store.snapshot(journal::rotate));
        }

        /** Does something and waits until it is written. */
        void step(int i) {
            PutRequest put = PutRequest.newBuilder()
                    .setKey(bytes("k" + i % 5))
                    .setValue(bytes("value " + i))
                    .build();
            switch (i % 8) {
                case 0 -> store.leases().grant(i + 1, 100);
                case 1 ->
                    store.put(put.toBuilder()
                            .setLease(store.leases().all().getLeases(0).getID())
                            .build());
                case 2 ->
                    store.txn(TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                            .addSuccess(RequestOp.newBuilder()
                                    .setRequestDeleteRange(
                                            DeleteRangeRequest.newBuilder().setKey(bytes("k" + (i + 1) % 5))))
                            .build());
                case 5 -> store.compact(store.revision() - 1);
                case 6 ->
                    store.leases().revoke(store.leases().all().getLeases(0).getID());
                default -> store.put(put);
            }
            CountDownLatch written = new CountDownLatch(1);
            store.whenDurable(written::countDown);
            try {
                assertThat(written.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Everything that can be read. */
        String state() {
            StringBuilder state = new StringBuilder();
            for (long revision = Math.max(1, store.compacted()); revision <= store.revision(); revision++) {
                RangeResponse all = store.range(RangeRequest.newBuilder()
                        .setKey(bytes("\0"))
                        .setRangeEnd(bytes("\0"))
                        .setRevision(revision)
                        .build());
                state.append(revision).append(all.getKvsList());
                Commit commit = store.before(revision);
                Commit next = commit == null ? null : commit.next();
                if (next != null && revision > 1) {
                    next.changes().forEach(change -> state.append(change.eventWithBefore()));
                }
            }
            store.leases()
                    .all()
                    .getLeasesList()
                    .forEach(lease -> state.append(store.leases().timeToLive(lease.getID(), true)));
            return state.append(store.compacted()).toString();
        }

        @Override
        public void close() {
            journal.close();
        }
    }
}
