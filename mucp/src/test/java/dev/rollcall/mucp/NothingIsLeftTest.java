package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Whatever was opened is gone when it is closed. */
final class NothingIsLeftTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static void use() throws IOException {
        try (Served served = Served.greeter()) {
            for (int i = 0; i < 20; i++) {
                try (PeerChannel channel = new MucpProvider().connect(served.address())) {
                    var stub = GreeterGrpc.newBlockingStub(channel).withDeadline(Deadline.after(30, TimeUnit.SECONDS));
                    stub.hello(Req.getDefaultInstance());
                    stub.count(Req.getDefaultInstance()).next(); // left in the middle
                }
            }
        }
    }

    @Test
    void no_thread_is_left() throws IOException {
        use();

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("rollcall-mucp")));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void no_descriptor_is_left() throws IOException {
        no_thread_is_left(); // from here on every class is loaded
        long before = descriptors();
        use();

        await().atMost(SOON).untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before));
    }

    /** Connections, and the one that each event loop waits with. */
    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(each -> {
                        try {
                            String to = Files.readSymbolicLink(each).toString();
                            return to.startsWith("socket:") || to.contains("eventpoll");
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void all_threads_are_daemons() throws IOException {
        try (Served served = Served.greeter();
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            GreeterGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .hello(Req.getDefaultInstance());

            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().startsWith("rollcall-mucp"))
                    .isNotEmpty()
                    .allMatch(Thread::isDaemon);
        }
    }
}
