package dev.rollcall.etcd.embedded;

import io.grpc.ServerInterceptor;
import java.net.InetAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How an {@link EmbeddedEtcd} is started. Not thread-safe; may be used again. */
public final class EmbeddedEtcdBuilder {
    private InetAddress address = InetAddress.getLoopbackAddress();
    private int port;
    private @Nullable Path data;
    private boolean fsync = true;
    private boolean leasesAge = true;
    private long quota = Math.min(1 << 30, Runtime.getRuntime().maxMemory() / 2);

    private @Nullable ServerInterceptor interceptor;

    EmbeddedEtcdBuilder() {}

    /** The port to listen on; 0, the default, takes a free one. */
    public EmbeddedEtcdBuilder port(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
        }
        this.port = port;
        return this;
    }

    /** Another address than loopback. There is no encryption and no authentication: whoever reaches it may do everything. */
    public EmbeddedEtcdBuilder bind(InetAddress address) {
        this.address = address;
        return this;
    }

    /** Keeps everything in this directory, which is made if it is not there, instead of only in memory. */
    public EmbeddedEtcdBuilder data(Path directory) {
        this.data = directory;
        return this;
    }

    /**
     * Whether an answer waits until what it tells is on the disk itself (the default with a data directory). Without, it survives the
     * end of the process but not that of the machine.
     */
    public EmbeddedEtcdBuilder fsync(boolean fsync) {
        this.fsync = fsync;
        return this;
    }

    /** Leases only grow older by {@link Faults#advanceLeases}: for tests that must not depend on how fast the machine is. */
    public EmbeddedEtcdBuilder frozenLeases() {
        this.leasesAge = false;
        return this;
    }

    /**
     * Roughly how much memory the stored keys and their history may take before etcd's NOSPACE alarm; half the heap, and at most
     * 1 GiB, by default.
     */
    public EmbeddedEtcdBuilder quota(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("quota: " + bytes + " bytes (expected: > 0)");
        }
        this.quota = bytes;
        return this;
    }

    /** Sees every call first. For our own tests. */
    EmbeddedEtcdBuilder intercept(ServerInterceptor first) {
        this.interceptor = first;
        return this;
    }

    /**
     * Starts it and returns when it serves.
     *
     * @throws java.io.UncheckedIOException when the port or the directory cannot be used
     * @throws CorruptDataException when the directory holds something else than what was written to it
     */
    public EmbeddedEtcd start() {
        return new EmbeddedEtcd(copy());
    }

    InetAddress address() {
        return address;
    }

    int port() {
        return port;
    }

    @Nullable
    Path data() {
        return data;
    }

    boolean fsync() {
        return fsync;
    }

    boolean leasesAge() {
        return leasesAge;
    }

    long quota() {
        return quota;
    }

    @Nullable
    ServerInterceptor interceptor() {
        return interceptor;
    }

    private EmbeddedEtcdBuilder copy() {
        EmbeddedEtcdBuilder copy = new EmbeddedEtcdBuilder();
        copy.address = address;
        copy.port = port;
        copy.data = data;
        copy.fsync = fsync;
        copy.leasesAge = leasesAge;
        copy.quota = quota;
        copy.interceptor = interceptor;
        return copy;
    }
}
