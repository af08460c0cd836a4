package dev.rollcall.cli;

import dev.rollcall.etcd.embedded.CorruptDataException;
import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import dev.rollcall.etcd.embedded.EmbeddedEtcdBuilder;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rollcall dev}: an embedded etcd, for development and tests only. */
@Command(
        name = "dev",
        header = "Runs an etcd for development and tests: one node in this process, never for production.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class DevCommand implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final Cli cli;

    @Option(names = "--port", paramLabel = "PORT", description = "to listen on, 0 for a free one (default: 2379)")
    private int port = 2379;

    @Option(names = "--data", paramLabel = "DIR", description = "keep everything there (default: in memory only)")
    private @Nullable Path data;

    @Option(
            names = "--no-fsync",
            description = "do not wait for the disk: what was answered may be lost with the machine")
    private boolean noFsync;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            description = "another address than loopback; whoever reaches it can read and write everything")
    private @Nullable String listen;

    DevCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        cli.console().stop().heed();
        try (EmbeddedEtcd etcd = builder().start()) {
            if (listen != null) {
                cli.console()
                        .note("no encryption and no authentication: whoever reaches " + listen
                                + " can read and write everything");
            }
            cli.console().print(banner(etcd));
            cli.console().stop().await(FOR_EVER);
            return Cli.OK;
        } catch (UncheckedIOException | CorruptDataException | IllegalArgumentException e) {
            cli.console().note(String.valueOf(e.getMessage()));
            return Cli.FAILED;
        }
    }

    private EmbeddedEtcdBuilder builder() {
        EmbeddedEtcdBuilder builder = EmbeddedEtcd.builder().port(port).fsync(!noFsync);
        if (data != null) {
            builder.data(data);
        }
        if (listen != null) {
            try {
                builder.bind(InetAddress.getByName(listen));
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("--listen: " + listen + " (expected: an address of this machine)");
            }
        }
        return builder;
    }

    private String banner(EmbeddedEtcd etcd) {
        if (cli.json()) {
            return Json.object(json -> json.writeStringField("endpoint", etcd.endpoint()));
        }
        String kept = data == null ? "in memory" : "data in " + data + (noFsync ? ", not synced" : ", synced");
        return "embedded etcd on " + etcd.endpoint() + ", for development and tests only; " + kept + "; Ctrl-C ends it";
    }
}
