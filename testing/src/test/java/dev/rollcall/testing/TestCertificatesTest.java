package dev.rollcall.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.testing.Etcdctl.EtcdctlException;
import dev.rollcall.testing.TestCertificates.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

class TestCertificatesTest {
    private final TestCertificates ours = TestCertificates.trusted();
    private final TestCertificates theirs = TestCertificates.strange();

    @Test
    void etcd_serves_tls_and_takes_the_client_certificate_for_the_user() {
        EtcdOptions options =
                EtcdOptions.defaults().withServerCertificate(ours.server()).withClientAuthority(ours.authority());
        try (EtcdProcess etcd = EtcdProcess.launch(options)) {
            Etcdctl trusting = etcd.ctl().withAuthority(ours.authority());
            Etcdctl root = trusting.withCertificate(ours.client("root"));
            Etcdctl alice = trusting.withCertificate(ours.client("alice"));
            root.enableAuth("secret");
            root.addUser("alice", "other secret");
            root.addRole("reader", "read", "a/");
            root.grantRole("alice", "reader");
            root.put("a/1", "1");

            assertThat(alice.get("a/1")).isPresent();
            assertThatThrownBy(() -> alice.put("a/1", "2")).hasMessageContaining("permission denied");
            assertThatThrownBy(() -> fails(trusting)).isInstanceOf(EtcdctlException.class);
            assertThatThrownBy(() -> fails(trusting.withCertificate(theirs.client("root"))))
                    .isInstanceOf(EtcdctlException.class);
            assertThatThrownBy(() -> fails(etcd.ctl().withAuthority(theirs.authority())))
                    .isInstanceOf(EtcdctlException.class);
        }
    }

    @Test
    void a_server_shows_a_certificate_that_is_expired_or_for_another_host_until_it_is_replaced() throws Exception {
        Identity shown = ours.expiredServer();
        try (EtcdProcess etcd = EtcdProcess.launch(EtcdOptions.defaults().withServerCertificate(shown))) {
            assertThatThrownBy(() -> shakeHands(etcd.port(), ours)).hasStackTraceContaining("NotAfter");

            shown.replaceBy(ours.serverFor("etcd.example"));
            assertThatThrownBy(() -> shakeHands(etcd.port(), ours))
                    .hasStackTraceContaining("matching IP address 127.0.0.1");

            shown.replaceBy(ours.server());
            shakeHands(etcd.port(), ours);
            assertThatThrownBy(() -> shakeHands(etcd.port(), theirs)).hasStackTraceContaining("certification path");
            Etcdctl ctl = etcd.ctl().withAuthority(ours.authority());
            ctl.put("a", "1");
            assertThat(ctl.get("a")).isPresent();
        }
    }

    @Test
    void etcd_gives_simple_tokens_and_signed_ones() {
        Duration ttl = Duration.ofSeconds(5);
        for (EtcdOptions options : new EtcdOptions[] {
            EtcdOptions.defaults().withSimpleTokens(ttl),
            EtcdOptions.defaults().withJwtTokens(TestCertificates.tokenKeys(), ttl)
        }) {
            try (EtcdProcess etcd = EtcdProcess.launch(options)) {
                etcd.ctl().enableAuth("secret");
                Etcdctl root = etcd.ctl().withUser("root", "secret");
                root.put("a", "1");

                assertThatThrownBy(() -> etcd.ctl().put("a", "2")).hasMessageContaining("user name is empty");
                assertThatThrownBy(() -> etcd.ctl().withUser("root", "wrong").put("a", "2"))
                        .hasMessageContaining("invalid user ID or password");
                root.changePassword("root", "changed");
                assertThatCode(() -> etcd.ctl().withUser("root", "changed").put("a", "3"))
                        .doesNotThrowAnyException();
            }
        }
    }

    /** As a client that trusts this authority and expects 127.0.0.1. */
    private static void shakeHands(int port, TestCertificates trusted) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (InputStream pem = Files.newInputStream(trusted.authority())) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10_000);
            socket.startHandshake();
        }
    }

    private static void fails(Etcdctl ctl) {
        ctl.run("get", "a/1", "--dial-timeout=2s", "--command-timeout=1s");
    }
}
