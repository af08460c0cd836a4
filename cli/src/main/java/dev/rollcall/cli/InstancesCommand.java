package dev.rollcall.cli;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rollcall instances SERVICE}: a service's instances as a table; fails when there are none, as grep does. */
@Command(
        name = "instances",
        header = "Lists the instances of a service; exit code 1 when there are none.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class InstancesCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    InstancesCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Console console = cli.console();
        try (Rollcall rollcall = cli.connect()) {
            ServiceSnapshot snapshot = rollcall.lookup(service);
            if (cli.json()) {
                console.print(Json.object(json -> {
                    json.writeStringField("service", service);
                    json.writeNumberField("revision", snapshot.revision());
                    json.writeArrayFieldStart("instances");
                    for (Instance instance : snapshot.instances()) {
                        Json.instance(json, instance);
                    }
                    json.writeEndArray();
                }));
            } else if (snapshot.size() > 0) {
                console.print(table(snapshot.instances()));
            }
            if (snapshot.size() == 0) {
                console.note(Text.quote(service) + " has no instances");
                return Cli.FAILED;
            }
            return Cli.OK;
        }
    }

    private static String table(List<Instance> instances) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("ID", "VERSION", "ADDRESS", "STATUS", "METADATA"));
        for (Instance instance : instances) {
            rows.add(List.of(
                    Show.whole(instance.id()),
                    Show.whole(instance.version()),
                    Show.whole(instance.address().toString()),
                    Show.status(instance),
                    Show.metadata(instance.metadata())));
        }
        return Show.table(rows);
    }
}
