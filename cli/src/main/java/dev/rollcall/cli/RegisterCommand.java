package dev.rollcall.cli;

import dev.rollcall.Address;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rollcall register SERVICE}: registers an instance, keeps it registered until it is told to end, then leaves. */
@Command(
        name = "register",
        header = "Registers an instance and keeps it registered until Ctrl-C or SIGTERM, then leaves gracefully.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class RegisterCommand implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final Duration SOON = Duration.ofSeconds(2);

    private final Cli cli;

    @Parameters(paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    @Option(names = "--address", paramLabel = "HOST:PORT", required = true, description = "where it listens; required")
    private String address = "";

    @Option(names = "--id", paramLabel = "ID", description = "unique in the service (default: SERVICE-UUID)")
    private @Nullable String id;

    @Option(names = "--version", paramLabel = "VERSION", description = "of the service (default: latest)")
    private @Nullable String version;

    @Option(names = "--metadata", paramLabel = "KEY=VALUE", description = "of the instance; may be repeated")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(
            names = "--ttl",
            paramLabel = "DURATION",
            description = "how long others see it after this process died: 10s, ... (default: 30s)")
    private @Nullable String ttl;

    RegisterCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Instance instance = Instance.of(service, Address.parse(address)).withMetadata(metadata);
        instance = id == null ? instance : instance.withId(id);
        instance = version == null ? instance : instance.withVersion(version);
        Map<String, String> flags = ttl == null ? Map.of() : Map.of("ttl", ttl);
        cli.console().stop().heed();
        try (Rollcall rollcall = cli.connect(flags, this::heard)) {
            rollcall.configuration().notes().forEach(cli.console()::note);
            Registration registration = rollcall.register(instance);
            if (!cli.console().stop().await(SOON) && registration.state() == Registration.State.REGISTERING) {
                String why =
                        registration.problem().map(p -> ": " + p.getMessage()).orElse("");
                cli.console().note("not registered yet, going on" + why);
            }
            cli.console().stop().await(FOR_EVER);
        }
        return Cli.OK;
    }

    private void heard(Event event) {
        if (event instanceof Event.RegistrationChanged changed) {
            line(changed.instance(), changed.to(), changed.problem());
        } else if (event instanceof Event.AddressReplaced replaced) {
            cli.console()
                    .note(replaced.given() + " cannot be called from elsewhere, registering "
                            + replaced.instance().address());
        }
    }

    private void line(Instance instance, Registration.State state, @Nullable RollcallException problem) {
        String name = state.name().toLowerCase(Locale.ROOT);
        String why = problem == null ? null : Show.line(String.valueOf(problem.getMessage()));
        if (cli.json()) {
            cli.console().print(Json.object(json -> {
                json.writeStringField(
                        "time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
                json.writeStringField("state", name);
                json.writeStringField("problem", why);
                json.writeFieldName("instance");
                Json.instance(json, instance);
            }));
        } else {
            cli.console()
                    .print(Show.now() + "  " + String.format("%-11s", name) + "  " + Show.whole(instance.id()) + "  "
                            + Show.whole(instance.address().toString()) + (why == null ? "" : "  (" + why + ")"));
        }
    }
}
