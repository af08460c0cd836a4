package dev.rollcall.etcd.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.RollcallException;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import java.io.IOException;
import java.net.ConnectException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** The texts of etcd, gRPC, the JDK's TLS and BoringSSL, and what becomes of them; the rare ones that no test can make happen at will. */
class FailuresTest {
    private static RollcallException explained(Status status) {
        return Failures.explain(status, "h:2379");
    }

    private static Status because(Throwable cause) {
        return Status.UNAVAILABLE.withDescription("io exception").withCause(cause);
    }

    @Test
    void a_reset_says_more_on_a_connection_that_never_worked() {
        Status reset = because(new IOException("recvAddress(..) failed with error(-104): Connection reset by peer"));
        assertThat(explained(reset)).hasMessage("etcd at h:2379: the server closed the connection");
        assertThat(explained(Failures.ofAttempt(reset, false)))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at h:2379: the server closed the connection"
                        + " (expected: an etcd; one that speaks TLS is an https:// address)");
        assertThat(explained(Failures.ofAttempt(reset, true)))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at h:2379: TLS: the connection was closed during the handshake"
                        + " (expected: a server that speaks TLS; one that does not is an http:// address)");
    }

    @Test
    void alerts_of_both_tls_engines_are_read() {
        String said = "etcd at h:2379: TLS: etcd ended the handshake: certificate required"
                + " (expected: the options cert and key, signed by an authority etcd trusts)";
        assertThat(explained(because(new SSLException("Received fatal alert: certificate_required"))))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessage(said);
        assertThat(explained(because(new SSLException("OPENSSL_internal:TLSV1_ALERT_CERTIFICATE_REQUIRED"))))
                .hasMessage(said);
        assertThat(explained(because(new SSLHandshakeException("Received fatal alert: protocol_version"))))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at h:2379: TLS: etcd ended the handshake: protocol version");
    }

    @Test
    void an_unknown_tls_problem_is_shown_as_it_is_and_made_safe() {
        assertThat(explained(because(new CertificateException("odd\n\u001b[31m"))))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessage("etcd at h:2379: TLS: etcd's certificate: odd\\u000a\\u001b[31m");
        assertThat(explained(because(new SSLException("not an SSL/TLS record: 4854"))))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("the server does not speak TLS");
    }

    @Test
    void what_etcd_says_is_kept_and_its_code_only_where_the_type_does_not_say_it() {
        assertThat(explained(because(new ConnectException("finishConnect(..) failed: Connection refused: h/1.2.3.4"))))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at h:2379: connection refused");
        assertThat(explained(Status.PERMISSION_DENIED.withDescription("etcdserver: permission denied")))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessage("etcd at h:2379: permission denied");
        assertThat(explained(Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: mvcc: database space exceeded")))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("etcd at h:2379: mvcc: database space exceeded (resource exhausted)");
        assertThat(explained(Status.INTERNAL)).hasMessage("etcd at h:2379: internal");
    }

    @Test
    void a_missed_deadline_says_whether_there_was_a_connection() {
        Duration deadline = Duration.ofSeconds(2);
        Status connecting =
                Status.DEADLINE_EXCEEDED.withDescription("after 1.9s. [connecting_and_lb_delay=2s, was_still_waiting]");
        Status silent = Status.DEADLINE_EXCEEDED.withDescription("after 1.9s. [remote_addr=h/1.2.3.4]");
        assertThat(explained(Failures.of(connecting.asRuntimeException(), deadline)))
                .hasMessage("etcd at h:2379: cannot connect in 2000 ms");
        assertThat(explained(Failures.of(silent.asRuntimeException(), deadline)))
                .hasMessage("etcd at h:2379: no answer in 2000 ms");
    }
}
