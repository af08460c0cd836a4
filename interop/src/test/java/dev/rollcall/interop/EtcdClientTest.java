package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** etcd's own Go client on the embedded etcd: watches, leases, locks, elections, and what is refused. */
class EtcdClientTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"etcd-client-v3.5.21", "etcd-client-v3.6.5"})
    void the_go_client_works_unchanged_on_the_embedded_etcd(String program) throws Exception {
        File out = directory.resolve("out").toFile();
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start()) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("interop.bin"), program).toString(), etcd.endpoint())
                    .redirectOutput(out)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                process.destroyForcibly();
            }
            List<String> lines = Files.readAllLines(out.toPath());
            assertThat(lines)
                    .contains(
                            "PUT g/a 1 true false",
                            "DELETE g/a  true false",
                            "progress true 5",
                            "keepalive 60",
                            "compacted: etcdserver: mvcc: required revision has been compacted")
                    .endsWith("OK");
            assertThat(process.exitValue()).isZero();
        }
    }
}
