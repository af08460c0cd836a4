package dev.rollcall.cli;

import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The demo's own etcd, inside this process and in memory, or the one the user named. */
final class DemoEtcd implements AutoCloseable {
    private static final int PREFERRED_PORT = 12379;

    private final @Nullable EmbeddedEtcd own;
    private final String url;

    private DemoEtcd(@Nullable EmbeddedEtcd own, String url) {
        this.own = own;
        this.url = url;
    }

    /** Starts one, unless a registry is named. */
    static DemoEtcd start(@Nullable String registry) {
        if (registry != null) {
            return new DemoEtcd(null, registry);
        }
        EmbeddedEtcd etcd = embedded();
        return new DemoEtcd(etcd, "etcd://" + etcd.endpoint());
    }

    /** On the same port each time, so that commands can be repeated, unless it is taken. */
    private static EmbeddedEtcd embedded() {
        try {
            return EmbeddedEtcd.builder().port(PREFERRED_PORT).start();
        } catch (UncheckedIOException taken) {
            return EmbeddedEtcd.start();
        }
    }

    /** Takes away the variables that tell us about another etcd. */
    static void forgetSettings(ProcessBuilder builder) {
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_") || name.startsWith("MICRO_"));
    }

    boolean own() {
        return own != null;
    }

    /** As {@code --registry} takes it. */
    String url() {
        return url;
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }
}
