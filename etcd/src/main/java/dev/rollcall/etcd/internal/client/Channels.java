package dev.rollcall.etcd.internal.client;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens the gRPC channel of one connection. Certificates are read anew each time, so a rotated one is used at the next connect. */
final class Channels {
    /** Pages of a list and catch-ups of a watch that etcd sends in one piece stay below this. */
    private static final int LARGEST_MESSAGE = 64 * 1024 * 1024;

    /** etcd ends connections that are pinged more often than every 5 s. */
    private static final long PING_SECONDS = 10;

    private static final long PING_TIMEOUT_SECONDS = 5;

    /** From 31 days on gRPC keeps a channel that nobody uses. */
    private static final long NEVER_IDLE_DAYS = 31;

    private Channels() {}

    static ManagedChannel open(Server server, InetAddress address, ClientSettings.Tls tls) {
        ChannelCredentials credentials = server.tls() ? credentials(tls) : InsecureChannelCredentials.create();
        String name = tls.authority();
        try {
            return NettyChannelBuilder.forAddress(new InetSocketAddress(address, server.port()), credentials)
                    .overrideAuthority(server.tls() && name != null ? name : server.toString())
                    .directExecutor()
                    .maxInboundMessageSize(LARGEST_MESSAGE)
                    .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                    .keepAliveTimeout(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .idleTimeout(NEVER_IDLE_DAYS, TimeUnit.DAYS)
                    .disableRetry()
                    .build();
        } catch (IllegalArgumentException e) {
            throw unusable(tls.ca() == null ? tls.certificate() : tls.ca(), e);
        }
    }

    /** Fails with the name of the file that cannot be used. */
    static void check(Server server, ClientSettings.Tls tls) {
        open(server, InetAddress.getLoopbackAddress(), tls).shutdownNow();
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
            throw unusable(reading, e);
        }
    }

    private static ConfigurationException unusable(@Nullable Path file, Exception why) {
        String what = file == null ? "" : "cannot use " + Text.quote(file.toString()) + ": ";
        return new ConfigurationException("TLS: " + what + Text.plain(String.valueOf(why.getMessage())), why);
    }

    private static Path readable(Path file) {
        if (!Files.isReadable(file)) {
            throw new ConfigurationException(
                    "TLS: cannot read " + Text.quote(file.toString()) + " (expected: a PEM file)");
        }
        return file;
    }
}
