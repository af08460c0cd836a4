package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.mucp.test.GreeterGrpc;
import dev.rollcall.mucp.test.Req;
import dev.rollcall.mucp.test.Rsp;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The rules that keep mucp safe over plain HTTP/1.1. */
final class TrapsTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final MucpLimits IMPATIENT = new MucpLimits(MucpLimits.MESSAGE_BYTES, 100, Duration.ofSeconds(2));
    private static final String HELLO = "POST / HTTP/1.1\r\nHost: x\r\nMicro-Endpoint: Greeter.Hello\r\n"
            + "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"name\":\"john\"}";
    private static final String OK =
            "HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\nContent-Length: 4\r\n" + "\r\n\n\u0002hi";
    private static final String EOS = "HTTP/1.1 200 OK\r\nMicro-Error: EOS\r\nContent-Length: 0\r\n\r\n";

    private static Req req(String name) {
        return Req.newBuilder().setName(name).build();
    }

    private static GreeterGrpc.GreeterBlockingStub stub(PeerChannel channel) {
        return GreeterGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    @Test
    void replies_of_a_stream_are_not_paired_with_its_requests() throws Exception {
        try (ScriptedServer server = new ScriptedServer((self, nth, peer) -> {
                    self.read(peer);
                    peer.send(OK + OK + OK);
                    self.read(peer);
                    peer.send(OK + EOS);
                    self.read(peer); // waits for the end of the connection
                });
                PeerChannel channel = new MucpProvider().connect(server.address())) {
            List<Rsp> answers = new ArrayList<>();
            stub(channel).count(req("n")).forEachRemaining(answers::add);

            assertThat(answers).hasSize(4).allMatch(answer -> answer.getMsg().equals("hi"));
        }
    }

    @Test
    void an_error_text_keeps_its_characters_and_stays_on_its_line() throws Exception {
        try (Served served = Served.greeter();
                PeerChannel channel = new MucpProvider().connect(served.address());
                RawSocket peer = served.connect()) {
            assertThat(MicroError.from(Failures.of(() -> stub(channel).hello(req("lines"))))
                            .orElseThrow()
                            .detail())
                    .isEqualTo("one\r\ntwo: caf\u00e9 \u4e16\u754c"); // JSON escapes the line end

            RawSocket.Message unknown = peer.send(HELLO.replace("Greeter.Hello", "Greeter.caf\u00c3\u00a9"))
                    .read();
            assertThat(unknown.header("Micro-Error")).isEqualTo("rpc: can't find method caf\u00c3\u00a9");
        }
        assertThat(HeaderText.encode("a\r\nb\u0000c\u007f\u00e9")).isEqualTo("a  b c \u00c3\u00a9");
        assertThat(HeaderText.decode(HeaderText.encode("caf\u00e9 \u4e16\u754c")))
                .isEqualTo("caf\u00e9 \u4e16\u754c");
    }

    @Test
    void a_large_token_fits_into_the_headers() throws Exception {
        Metadata token = new Metadata();
        String value = "Bearer " + "t".repeat(40_000);
        Metadata.Key<String> authorization = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
        token.put(authorization, value);
        try (Served served = Served.greeter();
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            stub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token))
                    .hello(req("john"));

            assertThat(served.greeter.metadata.remove().get(authorization)).isEqualTo(value);
        }
    }

    @Test
    void the_headers_of_a_request_are_never_echoed() throws Exception {
        try (Served served = Served.greeter();
                RawSocket peer = served.connect()) {
            RawSocket.Message answer = peer.send(
                            HELLO.replace("Host: x\r\n", "Host: x\r\nAuthorization: Bearer secret\r\nMicro-Id: 7\r\n"))
                    .read();

            assertThat(answer.headers()).containsOnlyKeys("Content-Length", "Content-Type", "Micro-Id", "X-Micro-Id");
        }
    }

    @Test
    void metadata_cannot_forge_what_frames_a_call() throws Exception {
        Metadata forged = new Metadata();
        for (String name : List.of(
                "host",
                "content-length",
                "content-type",
                "transfer-encoding",
                "connection",
                "te",
                "upgrade",
                "timeout",
                "micro-endpoint",
                "x-micro-endpoint",
                "micro-error",
                "grpc-timeout")) {
            forged.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), "forged");
        }
        try (Served served = new Served(MucpLimits.SERVER, new Echo());
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            Rsp answer = stub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(forged))
                    .hello(req("john"));

            assertThat(answer.getMsg()).isEqualTo("hello john");
            assertThat(served.greeter.metadata.remove().keys()).isEmpty();
        }
    }

    @Test
    void a_value_cannot_begin_a_new_header() throws Exception {
        Metadata split = new Metadata();
        split.put(
                Metadata.Key.of("x-note", Metadata.ASCII_STRING_MARSHALLER),
                "a\r\nMicro-Endpoint: Greeter.Nope\r\n\r\nb");
        try (Served served = Served.greeter();
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            stub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(split))
                    .hello(req("john"));

            Metadata seen = served.greeter.metadata.remove();
            assertThat(seen.keys()).containsExactly("x-note");
        }
    }

    @Test
    void only_what_may_be_done_twice_is_sent_again_on_a_connection_that_was_just_closed() throws Exception {
        // the first connection serves one call and is closed by the second request
        ScriptedServer.Script script = (self, nth, peer) -> {
            self.read(peer);
            peer.send(OK);
            self.read(peer);
            if (nth > 0) {
                peer.send(OK);
                self.read(peer);
            }
        };
        try (ScriptedServer server = new ScriptedServer(script);
                PeerChannel channel = new MucpProvider().connect(server.address())) {
            stub(channel).hello(req("john"));
            assertThat(Failures.of(() -> stub(channel).hello(req("john")))
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(server.received).hasSize(2);
        }
        try (ScriptedServer server = new ScriptedServer(script);
                PeerChannel channel = new MucpProvider().connect(server.address())) {
            stub(channel).again(req("john"));
            assertThat(stub(channel).again(req("john")).getMsg()).isEqualTo("hi");
            assertThat(server.received).hasSize(3);
        }
    }

    @Test
    void a_connection_that_the_server_closed_while_idle_is_not_used() throws Exception {
        try (Served served = new Served(IMPATIENT);
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            stub(channel).hello(req("john"));
            await().atMost(SOON).until(() -> served.server.connected() == 0);

            assertThat(stub(channel).hello(req("john")).getMsg()).isEqualTo("hello john");
        }
    }

    @Test
    void a_server_waits_longer_than_any_client_keeps_a_connection() {
        assertThat(MucpLimits.SERVER.idle()).isEqualTo(Duration.ofSeconds(150));
    }

    @Test
    void a_long_call_is_not_idle() throws Exception {
        try (Served served = new Served(IMPATIENT);
                PeerChannel channel = new MucpProvider().connect(served.address())) {
            var call = GreeterGrpc.newFutureStub(channel).hello(req("hold"));
            try (RawSocket idle = served.connect()) {
                assertThatThrownBy(idle::read).isInstanceOf(EOFException.class); // the connection of the call is as old
            }
            served.greeter.released.countDown();
            assertThat(call.get(30, TimeUnit.SECONDS).getMsg()).isEqualTo("held");
        }
    }

    @Test
    void requests_of_one_connection_are_served_one_after_the_other() throws Exception {
        try (Served served = Served.greeter();
                RawSocket peer = served.connect()) {
            peer.send(HELLO.replace("john", "hold") + HELLO);
            assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(served.greeter.calls).hasValue(1);

            served.greeter.released.countDown();

            assertThat(peer.read().body()).contains("held");
            assertThat(peer.read().body()).contains("hello john");
        }
    }

    @Test
    void handlers_stay_off_the_threads_of_the_network() throws Exception {
        try (Served served = Served.greeter();
                RawSocket peer = served.connect()) {
            peer.send(HELLO).read();

            assertThat(served.greeter.threads.remove()).startsWith("rollcall-mucp-handler");
        }
    }

    @Test
    void a_stream_that_nobody_reads_is_cut() throws Exception {
        try (Served served = new Served(IMPATIENT);
                RawSocket peer = served.connect()) {
            String headers = HELLO.substring(0, HELLO.indexOf("Content-Length"))
                    .replace("Greeter.Hello\r\n", "Greeter.Count\r\nMicro-Stream: 1\r\n");
            String body = "{\"name\":\"" + "x".repeat(1000) + "\",\"age\":10000000}";
            peer.send(headers + "Content-Length: 0\r\n\r\n" + headers + "Content-Length: " + body.length() + "\r\n\r\n"
                    + body);

            assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
            await().atMost(SOON).until(() -> served.server.connected() == 0);
        }
    }

    @Test
    void replies_are_not_matched_by_their_ids() throws IOException {
        try (ScriptedServer server = new ScriptedServer((self, nth, peer) -> {
                    while (true) {
                        self.read(peer);
                        peer.send(OK.replace("\r\n\r\n", "\r\nMicro-Id: 0\r\n\r\n"));
                    }
                });
                PeerChannel channel = new MucpProvider().connect(server.address())) {
            for (int i = 0; i < 3; i++) {
                assertThat(stub(channel).hello(req("john")).getMsg()).isEqualTo("hi");
            }
        }
    }

    @Test
    void a_handler_that_waits_hears_at_once_that_its_caller_is_gone() throws Exception {
        try (Served served = Served.greeter()) {
            try (RawSocket peer = served.connect()) {
                peer.send(HELLO.replace("john", "wait"));
                assertThat(served.greeter.held.await(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(served.greeter.cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
