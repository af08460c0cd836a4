package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.WatchCreateRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that are slow, wrong or too many hurt nobody else. */
class LimitsTest {
    private final EmbeddedEtcd etcd = EmbeddedEtcd.start();
    private final Peer peer = Peer.at(etcd.endpoint());

    @AfterEach
    void stop() {
        peer.close();
        etcd.close();
    }

    @Test
    void a_watcher_that_takes_nothing_delays_nobody_and_gets_everything_when_it_takes_again() {
        try (Peer slowPeer = Peer.at(etcd.endpoint());
                WatchLog slow = WatchLog.idle(slowPeer);
                WatchLog quick = WatchLog.open(peer)) {
            slow.create(all());
            quick.create(all());
            quick.await(WatchResponse::getCreated);
            ByteString large = ByteString.copyFrom(new byte[100 << 10]);
            for (int i = 0; i < 300; i++) {
                peer.kv()
                        .put(PutRequest.newBuilder()
                                .setKey(bytes("k" + i % 7))
                                .setValue(large)
                                .build());
            }
            quick.awaitEvents(300);
            assertThat(slow.responses()).isEmpty();

            slow.take(1000);
            assertThat(slow.awaitEvents(300))
                    .extracting(event -> event.getKv().getModRevision())
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .hasSize(300);
        }
    }

    @Test
    void a_watcher_too_slow_for_a_compaction_is_cancelled_with_the_compacted_revision() {
        try (Peer slowPeer = Peer.at(etcd.endpoint());
                WatchLog slow = WatchLog.idle(slowPeer);
                WatchLog quick = WatchLog.open(peer)) {
            slow.create(all());
            quick.create(all());
            slow.take(1);
            slow.await(WatchResponse::getCreated);
            quick.await(WatchResponse::getCreated);
            ByteString large = ByteString.copyFrom(new byte[1 << 20]);
            for (int i = 0; i < 80; i++) {
                peer.kv()
                        .put(PutRequest.newBuilder()
                                .setKey(bytes("k"))
                                .setValue(large)
                                .build());
                if (i % 8 == 7) {
                    peer.compact(peer.revision());
                }
            }
            quick.awaitEvents(80);
            slow.take(1000);

            assertThat(slow.await(WatchResponse::getCanceled).getCompactRevision())
                    .isPositive();
            assertThat(slow.events().size()).isLessThan(80);
        }
    }

    @Test
    void garbage_on_the_port_breaks_only_its_own_connection() throws IOException {
        byte[] garbage = new byte[64 << 10];
        new Random(1).nextBytes(garbage);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), etcd.port())) {
            socket.setSoTimeout(20_000);
            try {
                socket.getOutputStream().write(garbage);
                socket.getInputStream().readAllBytes();
            } catch (IOException reset) {
                // is also an end
            }
        }
        served();
    }

    @Test
    void http_1_1_is_told_that_it_is_wrong_here() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), etcd.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).contains("Unexpected HTTP/1.x request: GET /health");
        }
        served();
    }

    @Test
    void tls_to_the_plain_port_fails() {
        ChannelCredentials tls = TlsChannelCredentials.create();
        ManagedChannel channel = Grpc.newChannelBuilder(etcd.endpoint(), tls).build();
        try {
            assertThatThrownBy(() -> KVGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .put(PutRequest.newBuilder().setKey(bytes("k")).build()))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("UNAVAILABLE");
        } finally {
            channel.shutdownNow();
        }
        served();
    }

    @Test
    void what_is_far_too_large_is_refused_before_it_is_read() {
        assertThatThrownBy(() -> peer.kv()
                        .put(PutRequest.newBuilder()
                                .setKey(bytes("k"))
                                .setValue(ByteString.copyFrom(new byte[3 << 20]))
                                .build()))
                .hasMessageContaining("RESOURCE_EXHAUSTED");
        served();
    }

    @Test
    void ten_thousand_watchers_on_one_stream_each_hear_of_their_key() {
        try (WatchLog watch = WatchLog.open(peer)) {
            for (int i = 0; i < 10_000; i++) {
                watch.create("k" + i, 0);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> watch.responses().size() == 10_000);
            peer.put("k4711", "1");
            assertThat(watch.awaitEvents(1)).hasSize(1);
            watch.await(response -> response.getWatchId() == 4711 && response.getEventsCount() == 1);
        }
    }

    @Test
    void a_closed_one_leaves_no_thread_and_its_port_is_free() {
        etcd.close();
        etcd.close();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("rollcall-etcd")));
        try (EmbeddedEtcd next = EmbeddedEtcd.builder().port(etcd.port()).start()) {
            assertThat(next.port()).isEqualTo(etcd.port());
        }
    }

    private void served() {
        try (Peer other = Peer.at(etcd.endpoint())) {
            other.put("served", "yes");
            assertThat(other.get("served")).isEqualTo("yes");
        }
    }

    private static WatchCreateRequest all() {
        return WatchCreateRequest.newBuilder()
                .setKey(bytes("\0"))
                .setRangeEnd(bytes("\0"))
                .build();
    }
}
