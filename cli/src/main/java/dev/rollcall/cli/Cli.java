package dev.rollcall.cli;

import dev.rollcall.ConfigurationException;
import dev.rollcall.EventListener;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallBuilder;
import dev.rollcall.RollcallException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command itself: the options that all commands share, exit codes, and errors on one line. */
@Command(
        name = "rollcall",
        header = "Registers services, finds them, watches them and calls them, on etcd and in one fleet with Go.",
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        abbreviateSynopsis = true,
        footer = {
            "",
            "Exit codes: 0 done, 1 it failed (registry not there, no such instance), 2 wrong usage.",
            "Variables: MICRO_REGISTRY, MICRO_REGISTRY_ADDRESS, ETCD_USERNAME, ETCD_PASSWORD; a flag beats a variable.",
            "docs/cli.md has the fields of --json."
        })
final class Cli {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    private static final String SEE = " (see: %s --help)";

    private final Console console;

    @Option(
            names = "--registry",
            paramLabel = "URL|NAME",
            scope = ScopeType.INHERIT,
            description = {"etcd://HOST:PORT,HOST:PORT?OPTION=VALUE, or a name: etcd, memory (default: etcd)"})
    private @Nullable String registry;

    @Option(
            names = "--registry_address",
            paramLabel = "HOST:PORT,...",
            scope = ScopeType.INHERIT,
            description = {"the registry's addresses (default: 127.0.0.1:2379)"})
    private @Nullable String registryAddress;

    @Option(
            names = "--layout",
            paramLabel = "NAME",
            scope = ScopeType.INHERIT,
            description = "how instances are written: go-micro, go-micro-v5, ...")
    private @Nullable String layout;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            scope = ScopeType.INHERIT,
            description = "how long one call of the registry may take: 500ms, ... (default: 2s)")
    private @Nullable String timeout;

    @Option(
            names = "--register_ttl",
            paramLabel = "DURATION",
            scope = ScopeType.INHERIT,
            description = "as --ttl of register; go-micro's name for it")
    private @Nullable String registerTtl;

    @Option(
            names = "--register_interval",
            paramLabel = "DURATION",
            scope = ScopeType.INHERIT,
            description = "accepted for go-micro's sake, not used")
    private @Nullable String registerInterval;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "JSON instead of tables, for programs")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "this text")
    boolean help;

    private Cli(Console console) {
        this.console = console;
    }

    /** Runs one command and answers its exit code; never throws, never ends the JVM. */
    static int run(Console console, String... args) {
        CommandLine line = commandLine(console);
        try {
            int code = line.execute(args);
            console.out().flush();
            return code;
        } catch (RuntimeException e) {
            console.note("internal error: " + e);
            return FAILED;
        }
    }

    static CommandLine commandLine(Console console) {
        Cli cli = new Cli(console);
        return new CommandLine(cli)
                .addSubcommand(new ServicesCommand(cli))
                .addSubcommand(new InstancesCommand(cli))
                .addSubcommand(new WatchCommand(cli))
                .addSubcommand(new DescribeCommand(cli))
                .addSubcommand(new CallCommand(cli))
                .addSubcommand(new HealthCommand(cli))
                .addSubcommand(new MigrateCheckCommand(cli))
                .addSubcommand(new RegisterCommand(cli))
                .addSubcommand(new DevCommand(cli))
                .addSubcommand(new DemoCommand(cli))
                .addSubcommand(new DemoInstanceCommand(cli))
                .addSubcommand(new LearnCommand())
                .addSubcommand(new ConfigCommand(cli))
                .addSubcommand(new VersionCommand(cli))
                .addSubcommand(new CompletionCommand(cli))
                .setOut(console.out())
                .setErr(console.err())
                .setUsageHelpWidth(110)
                .setUsageHelpAutoWidth(false)
                .setParameterExceptionHandler(cli::wrongUsage)
                .setExecutionExceptionHandler((e, line, parsed) -> cli.failed(e, line));
    }

    private int wrongUsage(ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        boolean command = e instanceof UnmatchedArgumentException && line.getParent() == null;
        String problem = command ? "no such command: " + args[0] : String.valueOf(e.getMessage());
        console.note(problem + String.format(SEE, line.getCommandSpec().qualifiedName()));
        return USAGE;
    }

    private int failed(Exception e, CommandLine line) {
        if (e instanceof ConfigurationException || e instanceof InvalidInstanceException) {
            console.note(
                    e.getMessage() + String.format(SEE, line.getCommandSpec().qualifiedName()));
            return USAGE;
        }
        console.note(e instanceof RollcallException ? String.valueOf(e.getMessage()) : "internal error: " + e);
        return FAILED;
    }

    Console console() {
        return console;
    }

    /** What {@code --registry} says. */
    @Nullable
    String registry() {
        return registry;
    }

    boolean json() {
        return json;
    }

    /** Connects as the flags and variables say; with the flags of one command on top. */
    Rollcall connect(Map<String, String> more, EventListener events) {
        // Main has a shutdown hook for all commands
        return builder(more).option("shutdown-hook", "false").events(events).connect();
    }

    Rollcall connect() {
        return connect(Map.of(), EventListener.NONE);
    }

    /** As the flags and variables say, but at another registry or with another layout. */
    RollcallBuilder builderAt(String urlOrLayout) {
        String what = urlOrLayout.contains("://") ? "registry" : "layout";
        return builder(Map.of(), Map.of(what, urlOrLayout)).option("shutdown-hook", "false");
    }

    RollcallBuilder builder(Map<String, String> more) {
        return builder(more, Map.of());
    }

    /** @param instead flags that win over those of the command line */
    private RollcallBuilder builder(Map<String, String> more, Map<String, String> instead) {
        Map<String, String> flags = new LinkedHashMap<>(more);
        put(flags, "registry", registry);
        put(flags, "registry_address", registryAddress);
        put(flags, "layout", layout);
        put(flags, "timeout", timeout);
        put(flags, "register_ttl", registerTtl);
        put(flags, "register_interval", registerInterval);
        flags.putAll(instead);
        return Rollcall.builder().flags(flags).environment(console.environment());
    }

    private static void put(Map<String, String> flags, String name, @Nullable String value) {
        if (value != null) {
            flags.put(name, value);
        }
    }
}
