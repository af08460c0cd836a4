package dev.rollcall.cli;

import dev.rollcall.Rollcall;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code rollcall services}: the names of all services, one per line. */
@Command(
        name = "services",
        header = "Lists the services that have an instance.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class ServicesCommand implements Callable<Integer> {
    private final Cli cli;

    ServicesCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Console console = cli.console();
        try (Rollcall rollcall = cli.connect()) {
            Set<String> services = rollcall.services();
            if (cli.json()) {
                console.print(Json.object(json -> {
                    json.writeArrayFieldStart("services");
                    for (String service : services) {
                        json.writeString(service);
                    }
                    json.writeEndArray();
                }));
            } else {
                services.forEach(service -> console.out().println(Show.whole(service)));
            }
            return Cli.OK;
        }
    }
}
