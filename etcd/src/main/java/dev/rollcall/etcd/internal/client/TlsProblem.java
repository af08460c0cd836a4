package dev.rollcall.etcd.internal.client;

import dev.rollcall.Text;
import io.grpc.Status;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong in a TLS handshake, in words that say what to change. Read from the texts of two TLS engines, the JDK's and
 * BoringSSL's; one that is not known is shown as it is.
 *
 * @param words what failed, got and expected
 * @param trust whether a certificate was not accepted, by us or by etcd; else the handshake did not get that far
 */
record TlsProblem(String words, boolean trust) {
    /** How gRPC says that the other side hung up during the handshake. */
    static final String CLOSED = "Connection closed while performing TLS negotiation";

    private static final int DEEPEST = 20;
    private static final Pattern NAME = Pattern.compile("matching (?:IP address )?(\\S+) found");
    private static final Pattern NAMES = Pattern.compile("subjectAlternativeNames=(\\[[^]]*])");
    private static final Pattern ALERT = Pattern.compile("(?:_ALERT_|fatal alert: )(\\w+)");
    private static final Pattern ABOUT_CERTIFICATES = Pattern.compile("certificate|unknown_ca|access_denied");

    /** The TLS problem that made a call or a connection fail, if it is one. */
    static @Nullable TlsProblem of(Status status) {
        String description = String.valueOf(status.getDescription());
        if (description.startsWith(CLOSED)) {
            return new TlsProblem(
                    "the connection was closed during the handshake (expected: a server that speaks TLS;"
                            + " one that does not is an http:// address)",
                    false);
        }
        TlsProblem found = null;
        Throwable thrown = status.getCause();
        for (int depth = 0; thrown != null && depth < DEEPEST; depth++) {
            TlsProblem deeper = of(thrown);
            found = deeper == null ? found : deeper;
            thrown = thrown.getCause();
        }
        return found;
    }

    private static @Nullable TlsProblem of(Throwable thrown) {
        String message = String.valueOf(thrown.getMessage());
        if (thrown instanceof CertificateExpiredException || thrown instanceof CertificateNotYetValidException) {
            return new TlsProblem("etcd's certificate is not valid now: " + Text.plain(message), true);
        }
        if (thrown instanceof CertPathBuilderException || message.contains("unable to find valid certification path")) {
            return new TlsProblem(
                    "etcd's certificate is not signed by an authority that is trusted"
                            + " (expected: one of the option ca, or one of the system's without it)",
                    true);
        }
        Matcher name = NAME.matcher(message);
        if (thrown instanceof CertificateException && name.find()) {
            return ofName(message, name.group(1));
        }
        if (thrown instanceof CertificateException) {
            return new TlsProblem("etcd's certificate: " + Text.plain(message), true);
        }
        return thrown instanceof SSLException ? ofHandshake(message) : null;
    }

    /** The JDK names what it wanted; around it, Netty names what the certificate has. */
    private static @Nullable TlsProblem ofName(String message, String wanted) {
        Matcher names = NAMES.matcher(message);
        return names.find()
                ? new TlsProblem(
                        "etcd's certificate is for " + Text.plain(names.group(1)) + " (expected: " + Text.plain(wanted)
                                + ")",
                        true)
                : null;
    }

    private static TlsProblem ofHandshake(String message) {
        if (message.contains("KEY_VALUES_MISMATCH")) {
            return new TlsProblem("the files of the options cert and key do not belong together", true);
        }
        if (message.contains("not an SSL/TLS record")) {
            return new TlsProblem(
                    "the server does not speak TLS (expected: TLS; without it, an http:// address)", false);
        }
        Matcher alert = ALERT.matcher(message);
        if (alert.find()) {
            String said = alert.group(1).toLowerCase(Locale.ROOT);
            boolean trust = ABOUT_CERTIFICATES.matcher(said).find();
            return new TlsProblem(
                    "etcd ended the handshake: " + said.replace('_', ' ')
                            + (trust
                                    ? " (expected: the options cert and key, signed by an authority etcd trusts)"
                                    : ""),
                    trust);
        }
        return new TlsProblem(Text.plain(message), false);
    }
}
