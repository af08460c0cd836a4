package dev.rollcall.etcd.internal.client;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Opens the gRPC channel of one connection. Certificates are read anew each time, so a rotated one is used at the next connect. */
final class Channels {
    /** Pages of a list and catch-ups of a watch that etcd sends in one piece stay below this. */
    private static final int LARGEST_MESSAGE = 64 * 1024 * 1024;

    /** etcd ends connections that are pinged more often than every 5 s. */
    private static final long PING_SECONDS = 10;

    private static final long PING_TIMEOUT_SECONDS = 5;

    private Channels() {}

    static ManagedChannel open(Server server, ClientSettings.Tls tls) {
        ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(
                "dns:///" + server, server.tls() ? credentials(tls) : InsecureChannelCredentials.create());
        if (server.tls() && tls.authority() != null) {
            builder.overrideAuthority(tls.authority());
        }
        return builder.directExecutor()
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .disableRetry()
                .build();
    }

    /** Fails with the name of the file that cannot be used. */
    static void check(ClientSettings.Tls tls) {
        credentials(tls);
    }

    private static ChannelCredentials credentials(ClientSettings.Tls tls) {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        Path reading = null;
        try {
            if (tls.ca() != null) {
                reading = tls.ca();
                builder.trustManager(readable(reading).toFile());
            }
            Path certificate = tls.certificate();
            Path key = tls.key();
            if (certificate != null && key != null) {
                reading = certificate;
                readable(key);
                builder.keyManager(readable(certificate).toFile(), key.toFile());
            }
            return builder.build();
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException(
                    "TLS: cannot use " + Text.quote(String.valueOf(reading)) + ": "
                            + Text.plain(String.valueOf(e.getMessage())),
                    e);
        }
    }

    private static Path readable(Path file) {
        if (!Files.isReadable(file)) {
            throw new ConfigurationException(
                    "TLS: cannot read " + Text.quote(file.toString()) + " (expected: a PEM file)");
        }
        return file;
    }
}
