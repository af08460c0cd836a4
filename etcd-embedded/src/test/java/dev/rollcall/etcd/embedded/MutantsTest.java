package dev.rollcall.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import java.io.Closeable;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deliberately broken servers: whoever compares them with a real etcd, or checks their traces, must notice. */
class MutantsTest {
    private static final long SEED = 20_261_121;

    @TempDir
    private Path directory;

    @Test
    void a_watch_that_skips_a_revision_is_caught() throws Exception {
        differs(
                "WatchBatch",
                "at = Objects.requireNonNull(at.next());",
                "at = Objects.requireNonNull(at.next());"
                        + " if (at.revision() % 50 == 0 && at.revision() < last) at = at.next();");
    }

    @Test
    void a_transaction_that_is_not_atomic_is_caught() throws Exception {
        differs("TxnRun", "run.checkPuts(request);", "");
    }

    @Test
    void a_lease_that_is_not_attached_by_a_second_put_is_caught() throws Exception {
        differs("Write", "leases.move(after.getKey(),", "if (before == null) leases.move(after.getKey(),");
    }

    @Test
    void a_compaction_that_is_off_by_one_is_caught() throws Exception {
        differs("Keyspace", "history.compact(revision)", "history.compact(revision + 1)");
    }

    @Test
    void a_wrong_prev_kv_is_caught() throws Exception {
        differs("Keyspace", "history.at(revision())", "history.at(revision() - 1)");
    }

    @Test
    void a_stale_read_is_caught_by_the_check_for_linearizability() throws Exception {
        try (Mutant mutant = mutant(
                "Store",
                "RangeQuery.run(keys, request, keys.revision())",
                "RangeQuery.run(keys, request, Math.max(1, keys.revision() - 2))")) {
            assertThatThrownBy(() -> new Workload(mutant.endpoint(), SEED, true).run(50))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("not linearizable");
        }
    }

    @Test
    void a_watch_that_splits_a_revision_is_caught_by_the_check_of_traces() throws Exception {
        try (Mutant mutant = mutant(
                "Watchers",
                "out.accept(response.addAllEvents(events));",
                "for (Event event : events) out.accept(response.clone().addEvents(event));")) {
            assertThatThrownBy(() -> new Workload(mutant.endpoint(), SEED, true).run(50))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("atomic");
        }
    }

    private void differs(String type, String code, String mutation) throws Exception {
        try (Mutant mutant = mutant(type, code, mutation);
                EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults().withoutFsync());
                Peer real = Peer.at(etcd.endpoint());
                Peer broken = Peer.at(mutant.endpoint())) {
            assertThatThrownBy(() -> new Differential(SEED, real, broken, Set.of(Deviation.LOST_DELETION)).run(5_000))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("seed " + SEED);
        }
    }

    private Mutant mutant(String type, String code, String mutation) throws Exception {
        Path sources = Path.of("src/main/java/dev/rollcall/etcd/embedded");
        List<String> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(sources)) {
            for (Path source : all.toList()) {
                Path copy = directory.resolve(source.getFileName().toString());
                String text = Files.readString(source);
                if (source.endsWith(type + ".java")) {
                    assertThat(text).as("what is mutated").contains(code);
                    text = text.replace(code, mutation);
                }
                Files.writeString(copy, text, StandardCharsets.UTF_8);
                files.add(copy.toString());
            }
        }
        Path classes = Files.createDirectory(directory.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of(
                "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        arguments.addAll(files);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertThat(compiler.run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
        return new Mutant(classes);
    }

    /** A broken server, of classes of its own. */
    private static final class Mutant implements Closeable {
        private final URLClassLoader loader;
        private final Object etcd;

        Mutant(Path classes) throws IOException, ReflectiveOperationException {
            loader = new Own(classes.toUri().toURL());
            Object builder = loader.loadClass(EmbeddedEtcd.class.getName())
                    .getMethod("builder")
                    .invoke(null);
            call(builder, "frozenLeases");
            etcd = call(builder, "start");
        }

        String endpoint() {
            return (String) call(etcd, "endpoint");
        }

        private static Object call(Object target, String method) {
            try {
                return target.getClass().getMethod(method).invoke(target);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            call(etcd, "close");
            loader.close();
        }
    }

    /** Looks for the server's classes here first. */
    private static final class Own extends URLClassLoader {
        Own(URL classes) {
            super(new URL[] {classes}, MutantsTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                if (name.startsWith("dev.rollcall.etcd.embedded.")) {
                    Class<?> loaded = findLoadedClass(name);
                    return loaded == null ? findClass(name) : loaded;
                }
                return super.loadClass(name, resolve);
            }
        }
    }
}
