package dev.rollcall.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code rollcall version}. */
@Command(
        name = "version",
        header = "Shows the version of this command and of Java.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class VersionCommand implements Callable<Integer> {
    private final Cli cli;

    VersionCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        String version = Objects.requireNonNullElse(Cli.class.getPackage().getImplementationVersion(), "unreleased");
        String java = Runtime.version().toString();
        cli.console()
                .print(
                        cli.json()
                                ? Json.object(json -> {
                                    json.writeStringField("version", version);
                                    json.writeStringField("java", java);
                                })
                                : "rollcall " + version + " (Java " + java + ")");
        return Cli.OK;
    }
}
