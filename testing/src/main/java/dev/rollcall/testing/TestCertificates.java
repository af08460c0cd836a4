package dev.rollcall.testing;

import static dev.rollcall.testing.Der.bits;
import static dev.rollcall.testing.Der.explicit;
import static dev.rollcall.testing.Der.implicit;
import static dev.rollcall.testing.Der.integer;
import static dev.rollcall.testing.Der.octets;
import static dev.rollcall.testing.Der.oid;
import static dev.rollcall.testing.Der.sequence;
import static dev.rollcall.testing.Der.set;
import static dev.rollcall.testing.Der.time;
import static dev.rollcall.testing.Der.utf8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A certificate authority for tests, made anew in each JVM, and what it signs: PEM files in a temporary directory that ends with
 * the JVM. Keys are PKCS#8, since that is what gRPC reads. Any thread may use it.
 *
 * <pre>{@code
 * TestCertificates ours = TestCertificates.trusted();
 * EtcdOptions options = EtcdOptions.defaults().withServerCertificate(ours.server()).withClientAuthority(ours.authority());
 * }</pre>
 */
public final class TestCertificates {
    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
    private static final Duration VALID = Duration.ofDays(2);
    private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime() & 0x7fff_ffff);

    /** A certificate and its key, in files of its own. */
    public record Identity(Path certificate, Path key) {
        /** Overwrites both files with another identity, as an operator who rotates certificates. */
        public void replaceBy(Identity other) {
            try {
                Files.copy(other.certificate, certificate, StandardCopyOption.REPLACE_EXISTING);
                Files.copy(other.key, key, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final String name;
    private final KeyPair keys = keys("EC", 256);
    private final Path authority;

    private TestCertificates(String name) {
        this.name = name;
        Instant now = Instant.now();
        byte[] certificate = sign(name, keys.getPublic(), now.minus(VALID), now.plus(VALID), authorityExtensions());
        this.authority = write("authority", "CERTIFICATE", certificate);
    }

    /** The authority that tests trust; always the same in one JVM. */
    public static TestCertificates trusted() {
        return Cached.TRUSTED;
    }

    /** Another authority, that nobody trusts; always the same in one JVM. */
    public static TestCertificates strange() {
        return Cached.STRANGE;
    }

    /** A new RSA key pair for etcd's signed tokens: the public key in the place of the certificate. */
    public static Identity tokenKeys() {
        KeyPair pair = keys("RSA", 2048);
        return new Identity(
                write("tokens-public", "PUBLIC KEY", pair.getPublic().getEncoded()),
                write("tokens-private", "PRIVATE KEY", pair.getPrivate().getEncoded()));
    }

    /** The authority's own certificate, which the other side has to trust. */
    public Path authority() {
        return authority;
    }

    /** A new server certificate for {@code 127.0.0.1}, {@code ::1} and {@code localhost}. */
    public Identity server() {
        return issue("etcd", Instant.now().plus(VALID), List.of("localhost", "127.0.0.1", "::1"));
    }

    /** A new server certificate for another host only. */
    public Identity serverFor(String host) {
        return issue("etcd", Instant.now().plus(VALID), List.of(host));
    }

    /** A new server certificate for this host that was valid until a minute ago. */
    public Identity expiredServer() {
        return issue("etcd", Instant.now().minusSeconds(60), List.of("localhost", "127.0.0.1", "::1"));
    }

    /** A new client certificate; etcd takes its common name as the user. */
    public Identity client(String commonName) {
        return issue(commonName, Instant.now().plus(VALID), List.of());
    }

    private Identity issue(String commonName, Instant until, List<String> hosts) {
        KeyPair pair = keys("EC", 256);
        byte[] certificate =
                sign(commonName, pair.getPublic(), Instant.now().minus(VALID), until, leafExtensions(hosts));
        return new Identity(
                write("certificate", "CERTIFICATE", certificate),
                write("key", "PRIVATE KEY", pair.getPrivate().getEncoded()));
    }

    /** RFC 5280, 4.1. */
    private byte[] sign(String subject, PublicKey key, Instant from, Instant until, byte[] extensions) {
        byte[] content = sequence(
                explicit(0, integer(BigInteger.TWO)),
                integer(BigInteger.valueOf(SERIAL.incrementAndGet())),
                ECDSA_WITH_SHA256,
                commonName(name),
                sequence(time(from), time(until)),
                commonName(subject),
                key.getEncoded(),
                explicit(3, extensions));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(content);
            return sequence(content, ECDSA_WITH_SHA256, bits(0, signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] commonName(String text) {
        return sequence(set(sequence(oid("2.5.4.3"), utf8(text))));
    }

    private static byte[] authorityExtensions() {
        return sequence(
                extension("2.5.29.19", true, sequence(Der.yes())),
                // Signs certificates and revocation lists.
                extension("2.5.29.15", true, bits(1, (byte) 0x06)));
    }

    private static byte[] leafExtensions(List<String> hosts) {
        List<byte[]> extensions = new ArrayList<>();
        // Signs handshakes.
        extensions.add(extension("2.5.29.15", true, bits(7, (byte) 0x80)));
        // Server and client: etcd shows its server certificate to itself.
        extensions.add(extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))));
        if (!hosts.isEmpty()) {
            byte[][] names =
                    hosts.stream().map(TestCertificates::alternativeName).toArray(byte[][]::new);
            extensions.add(extension("2.5.29.17", false, sequence(names)));
        }
        return sequence(extensions.toArray(byte[][]::new));
    }

    private static byte[] alternativeName(String host) {
        boolean address = host.contains(":") || host.matches("[0-9.]+");
        if (!address) {
            return implicit(2, host.getBytes(StandardCharsets.US_ASCII));
        }
        try {
            return implicit(7, InetAddress.getAllByName(host)[0].getAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] extension(String id, boolean critical, byte[] value) {
        return critical ? sequence(oid(id), Der.yes(), octets(value)) : sequence(oid(id), octets(value));
    }

    private static KeyPair keys(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path write(String name, String type, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        String pem = "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
        try {
            return Files.writeString(Files.createTempFile(Cached.HOME, name + "-", ".pem"), pem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Cached {
        static final Path HOME = home();
        static final TestCertificates TRUSTED = new TestCertificates("Rollcall test authority");
        static final TestCertificates STRANGE = new TestCertificates("Some other authority");

        private static Path home() {
            try {
                Path home = Files.createTempDirectory("rollcall-certificates-");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> Trees.delete(home), "rollcall-testing-pem-end"));
                return home;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
