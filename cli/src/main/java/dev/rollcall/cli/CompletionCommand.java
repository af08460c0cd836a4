package dev.rollcall.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code rollcall completion}: a script for bash, and for zsh with its {@code bashcompinit}. */
@Command(
        name = "completion",
        header = "Prints a completion script for bash and zsh: source <(rollcall completion)",
        sortOptions = false,
        abbreviateSynopsis = true)
final class CompletionCommand implements Callable<Integer> {
    private final Cli cli;

    CompletionCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        cli.console().print(AutoComplete.bash("rollcall", Cli.commandLine(cli.console())));
        return Cli.OK;
    }
}
