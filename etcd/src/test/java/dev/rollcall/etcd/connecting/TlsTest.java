package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.ConfigurationException;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallException;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.EtcdRegistryProvider;
import dev.rollcall.spi.RegistryProvider;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.FaultProxy;
import dev.rollcall.testing.TestCertificates;
import dev.rollcall.testing.TestCertificates.Identity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS to real etcds: what is accepted, and what is said when it is not. */
@Tag("etcd")
@Tag("tls")
class TlsTest {
    private static final TestCertificates OURS = TestCertificates.trusted();
    private static final TestCertificates STRANGE = TestCertificates.strange();

    private static EtcdProcess etcd;
    private static EtcdProcess mutual;
    private static EtcdProcess plain;

    @BeforeAll
    static void launch() {
        EtcdOptions tls = EtcdOptions.defaults().withServerCertificate(OURS.server());
        etcd = EtcdProcess.launch(tls);
        mutual = EtcdProcess.launch(tls.withClientAuthority(OURS.authority()));
        plain = EtcdProcess.launch();
    }

    @AfterAll
    static void end() {
        etcd.close();
        mutual.close();
        plain.close();
    }

    private static String ca(TestCertificates authority) {
        return "ca=" + authority.authority();
    }

    private static String shown(Identity identity) {
        return "&cert=" + identity.certificate() + "&key=" + identity.key();
    }

    private static void assertWorks(String url) {
        try (Rollcall rollcall = new Heard().connect(url)) {
            assertThat(rollcall.services()).isEmpty();
        }
    }

    /** What the connection failed with; when we are not let in, a look-up fails with the same at once. */
    private static RollcallException refusal(String url) {
        Heard heard = new Heard();
        try (Rollcall rollcall = heard.connect(url)) {
            RollcallException problem = heard.firstProblem();
            if (problem instanceof AccessDeniedException) {
                assertThatThrownBy(() -> rollcall.lookup("svc"))
                        .isInstanceOf(AccessDeniedException.class)
                        .hasMessage(problem.getMessage());
            }
            return problem;
        }
    }

    @Test
    void a_given_authority_vouches_for_a_name_and_for_an_ip() {
        assertWorks("etcd://localhost:" + etcd.port() + "?" + ca(OURS));
        assertWorks("etcd://127.0.0.1:" + etcd.port() + "?" + ca(OURS));
        try (Rollcall rollcall = Rollcall.builder()
                .registry("etcd")
                .addresses(List.of("https://127.0.0.1:" + etcd.port()))
                .option("ca", OURS.authority().toString())
                .connect()) {
            assertThat(rollcall.services()).isEmpty();
        }
    }

    @Test
    void an_instance_is_registered_and_found_over_tls() {
        try (Rollcall rollcall =
                Rollcall.connect("etcd://" + mutual.endpoint() + "?ttl=5s&" + ca(OURS) + shown(OURS.client("alice")))) {
            Instance instance = Instance.of("svc.tls", "127.0.0.1", 8080);
            rollcall.register(instance).await(Duration.ofSeconds(5));
            assertThat(rollcall.service("svc.tls").pick().id()).isEqualTo(instance.id());
        }
    }

    @Test
    void a_certificate_of_another_authority_is_refused() {
        assertThat(refusal("etcd://" + etcd.endpoint() + "?" + ca(STRANGE)))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessage("etcd at " + etcd.endpoint() + ": TLS: etcd's certificate is not signed by an authority"
                        + " that is trusted (expected: one of the option ca, or one of the system's without it)");
    }

    @Test
    void without_a_given_authority_the_system_decides(@TempDir Path home) throws Exception {
        assertThat(refusal("etcd://" + etcd.endpoint() + "?tls=true"))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessageContaining("not signed by an authority that is trusted");

        KeyStore system = KeyStore.getInstance("PKCS12");
        system.load(null, null);
        try (InputStream pem = Files.newInputStream(OURS.authority())) {
            system.setCertificateEntry(
                    "ours", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        Path file = home.resolve("system.p12");
        try (var out = Files.newOutputStream(file)) {
            system.store(out, "changeit".toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
        try {
            assertWorks("etcd://" + etcd.endpoint() + "?tls=true");
        } finally {
            System.clearProperty("javax.net.ssl.trustStore");
            System.clearProperty("javax.net.ssl.trustStorePassword");
        }
    }

    @Test
    void a_certificate_for_another_host_is_refused_unless_that_name_is_expected() {
        Identity other = OURS.serverFor("other.example");
        try (EtcdProcess elsewhere = EtcdProcess.launch(EtcdOptions.defaults().withServerCertificate(other))) {
            String byName = "localhost:" + elsewhere.port();
            assertThat(refusal("etcd://" + byName + "?" + ca(OURS)))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + byName
                            + ": TLS: etcd's certificate is for [DNS:other.example] (expected: localhost)");
            assertThat(refusal("etcd://" + elsewhere.endpoint() + "?" + ca(OURS)))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + elsewhere.endpoint()
                            + ": TLS: etcd's certificate is for [DNS:other.example] (expected: 127.0.0.1)");
            assertThat(refusal("etcd://" + elsewhere.endpoint() + "?authority=wrong.example&" + ca(OURS)))
                    .hasMessageEndingWith("is for [DNS:other.example] (expected: wrong.example)");
            assertWorks("etcd://" + elsewhere.endpoint() + "?authority=other.example&" + ca(OURS));
        }
    }

    @Test
    void an_expired_certificate_is_refused() {
        try (EtcdProcess old = EtcdProcess.launch(EtcdOptions.defaults().withServerCertificate(OURS.expiredServer()))) {
            assertThat(refusal("etcd://" + old.endpoint() + "?" + ca(OURS)))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessageStartingWith(
                            "etcd at " + old.endpoint() + ": TLS: etcd's certificate is not valid now: NotAfter: ");
        }
    }

    @Test
    void an_etcd_that_wants_our_certificate_says_so_when_there_is_none_or_a_strange_one() {
        String none = "etcd://" + mutual.endpoint() + "?" + ca(OURS);
        for (String url : List.of(none, none + shown(STRANGE.client("alice")))) {
            assertThat(refusal(url))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + mutual.endpoint() + ": TLS: etcd ended the handshake: bad certificate"
                            + " (expected: the options cert and key, signed by an authority etcd trusts)");
        }
        assertWorks(none + shown(OURS.client("alice")));
    }

    @Test
    void a_key_that_does_not_belong_to_the_certificate_is_named() {
        Identity ours = OURS.client("alice");
        Identity others = OURS.client("bob");
        assertThat(refusal("etcd://" + mutual.endpoint() + "?" + ca(OURS) + "&cert=" + ours.certificate() + "&key="
                        + others.key()))
                .hasMessage("etcd at " + mutual.endpoint()
                        + ": TLS: the files of the options cert and key do not belong together");
    }

    @Test
    void files_that_cannot_be_used_are_named_before_anything_starts(@TempDir Path home) throws IOException {
        Path missing = home.resolve("missing.pem");
        Path nonsense = Files.writeString(home.resolve("nonsense.pem"), "not a certificate");
        Identity ours = OURS.client("alice");
        String url = "etcd://" + etcd.endpoint() + "?";
        assertThatThrownBy(() -> Rollcall.connect(url + "ca=" + missing))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("TLS: cannot read \"" + missing + "\" (expected: a PEM file)");
        assertThatThrownBy(() -> Rollcall.connect(url + "ca=" + nonsense))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("TLS: cannot use \"" + nonsense + "\": ");
        assertThatThrownBy(() -> Rollcall.connect(url + "cert=" + ours.certificate() + "&key=" + nonsense))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("TLS: cannot use \"" + ours.certificate() + "\": ");
        assertThatThrownBy(() -> Rollcall.connect(url + "cert=" + ours.certificate()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("cert, key: only one is given (expected: both or none)");
    }

    @Test
    void rotated_files_are_used_at_the_next_connect_and_nobody_leaves() {
        Identity shown = OURS.client("alice");
        try (FaultProxy proxy = FaultProxy.to(mutual.endpoint())) {
            Heard heard = new Heard();
            try (Rollcall rollcall =
                    heard.connect("etcd://" + proxy.endpoint() + "?ttl=10s&" + ca(OURS) + shown(shown))) {
                Registration registration = rollcall.register(Instance.of("svc.rotated", "127.0.0.1", 8080))
                        .await(Duration.ofSeconds(5));
                long lease = lease(registration);

                shown.replaceBy(STRANGE.client("alice"));
                proxy.reset();
                assertThat(heard.await(2, dev.rollcall.Event.Disconnected.class)
                                .get(1)
                                .problem())
                        .hasMessageContaining("bad certificate");

                shown.replaceBy(OURS.client("alice"));
                heard.awaitConnected(2);
                await().atMost(Duration.ofSeconds(5)).until(() -> registration.state() == State.REGISTERED);
                assertThat(lease(registration)).isEqualTo(lease);
                assertThat(heard.noBug()).isTrue();
            }
        }
    }

    private static long lease(Registration registration) {
        return mutual.ctl()
                .withAuthority(OURS.authority())
                .withCertificate(OURS.client("root"))
                .get("/micro/registry/svc.rotated/" + registration.instance().id())
                .orElseThrow()
                .lease();
    }

    @Test
    void a_new_certificate_of_the_server_is_taken_without_a_restart_of_ours() {
        Identity server = OURS.server();
        try (EtcdProcess rotating = EtcdProcess.launch(EtcdOptions.defaults().withServerCertificate(server))) {
            Heard heard = new Heard();
            try (Rollcall rollcall = heard.connect("etcd://" + rotating.endpoint() + "?" + ca(OURS))) {
                heard.awaitConnected(1);
                server.replaceBy(OURS.server());
                rotating.terminate();
                rotating.start();
                heard.awaitConnected(2);
                assertThat(rollcall.services()).isEmpty();
            }
        }
    }

    @Test
    void plain_text_to_a_tls_port_and_tls_to_a_plain_port_are_told_apart() {
        assertThat(refusal("etcd://" + etcd.endpoint()))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at " + etcd.endpoint() + ": the server closed the connection"
                        + " (expected: an etcd; one that speaks TLS is an https:// address)");
        assertThat(refusal("etcd://" + plain.endpoint() + "?tls=true"))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at " + plain.endpoint() + ": TLS: the connection was closed during the handshake"
                        + " (expected: a server that speaks TLS; one that does not is an http:// address)");
    }

    @Test
    void no_option_switches_the_checks_off() {
        Set<String> known = Set.of("tls", "ca", "cert", "key", "authority");
        assertThat(new EtcdRegistryProvider().options().stream().map(RegistryProvider.Option::name))
                .containsAll(known)
                .noneMatch(name -> name.matches(".*(insecure|skip|trust|verify).*"));
    }

    @Test
    void nothing_older_than_tls_1_2_is_offered() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Rollcall rollcall = Rollcall.connect("etcd://127.0.0.1:" + server.getLocalPort() + "?tls=true")) {
            server.setSoTimeout(10_000);
            try (Socket client = server.accept()) {
                client.setSoTimeout(10_000);
                assertThat(offeredVersions(client.getInputStream())).containsExactlyInAnyOrder(0x0303, 0x0304);
            }
            assertThat(rollcall.counters()).containsKey("calls");
        }
    }

    /** The versions of a ClientHello's supported_versions extension (RFC 8446, 4.2.1); without it, only the hello's own one. */
    private static List<Integer> offeredVersions(InputStream in) throws IOException {
        byte[] header = in.readNBytes(5);
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        record.write(in.readNBytes(ByteBuffer.wrap(header, 3, 2).getShort()));
        ByteBuffer hello = ByteBuffer.wrap(record.toByteArray());
        hello.position(4);
        int version = hello.getShort();
        skip(hello, 32);
        skip(hello, hello.get());
        skip(hello, hello.getShort());
        skip(hello, hello.get());
        hello.getShort();
        while (hello.hasRemaining()) {
            int extension = hello.getShort();
            int length = hello.getShort();
            if (extension == 43) {
                List<Integer> versions = new ArrayList<>();
                for (int left = hello.get(); left > 0; left -= 2) {
                    versions.add((int) hello.getShort());
                }
                // a client may mix in reserved values that mean nothing (RFC 8701)
                versions.removeIf(each -> (each & 0x0f0f) == 0x0a0a);
                return versions;
            }
            skip(hello, length);
        }
        return List.of(version);
    }

    private static void skip(ByteBuffer bytes, int count) {
        bytes.position(bytes.position() + count);
    }
}
