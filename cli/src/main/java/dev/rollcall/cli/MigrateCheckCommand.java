package dev.rollcall.cli;

import dev.rollcall.Configuration;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallBuilder;
import dev.rollcall.etcd.layout.Layout.Part;
import dev.rollcall.etcd.layout.Layouts;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rollcall migrate-check A B}: whether two layouts, or two registries, hold the same fleet. */
@Command(
        name = "migrate-check",
        header = "Compares two layouts or registries; exit code 1 when they do not hold the same fleet.",
        description = "Instances are told apart by service and address. Parts that one of the layouts cannot carry"
                + " are not compared.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class MigrateCheckCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(index = "0", paramLabel = "A", description = "a layout in the registry of --registry, or a URL")
    private String a = "";

    @Parameters(index = "1", paramLabel = "B", description = "the same")
    private String b = "";

    MigrateCheckCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        RollcallBuilder inA = cli.builderAt(a);
        RollcallBuilder inB = cli.builderAt(b);
        Set<Part> parts = carried(inA.configuration());
        parts.retainAll(carried(inB.configuration()));
        try (Rollcall first = inA.connect();
                Rollcall second = inB.connect()) {
            FleetComparison found = FleetComparison.of(first, second, parts);
            cli.console().print(cli.json() ? json(found, parts) : text(found, parts));
            return found.differences().isEmpty() ? Cli.OK : Cli.FAILED;
        }
    }

    /** What the layouts of a registry carry together; one without layouts carries everything. */
    private static Set<Part> carried(Configuration configuration) {
        for (Configuration.Setting setting : configuration.settings()) {
            if (setting.name().equals("layout")) {
                Set<Part> parts = EnumSet.noneOf(Part.class);
                for (String name : setting.value().split(",", -1)) {
                    parts.addAll(Layouts.of(name.replaceFirst(":.*", "").strip(), null)
                            .carries());
                }
                return parts;
            }
        }
        return EnumSet.allOf(Part.class);
    }

    private static List<String> notCompared(Set<Part> parts) {
        return EnumSet.allOf(Part.class).stream()
                .filter(part -> !parts.contains(part))
                .map(part -> part.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    private static String text(FleetComparison found, Set<Part> parts) {
        String size = found.services() + " services, " + found.instances() + " instances";
        String but = notCompared(parts).isEmpty() ? "" : "; not compared: " + String.join(", ", notCompared(parts));
        if (found.differences().isEmpty()) {
            return "the same fleet: " + size + but;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("SERVICE", "ADDRESS", "DIFFERENCE", "A", "B"));
        for (FleetComparison.Difference each : found.differences()) {
            rows.add(List.of(
                    Show.whole(each.service()),
                    Show.whole(each.address().toString()),
                    each.kind(),
                    each.a() == null ? "-" : Show.whole(each.a()),
                    each.b() == null ? "-" : Show.whole(each.b())));
        }
        return Show.table(rows) + System.lineSeparator() + found.differences().size() + " differences in " + size + but;
    }

    private static String json(FleetComparison found, Set<Part> parts) {
        return Json.object(json -> {
            json.writeBooleanField("same", found.differences().isEmpty());
            json.writeNumberField("services", found.services());
            json.writeNumberField("instances", found.instances());
            json.writeArrayFieldStart("notCompared");
            for (String part : notCompared(parts)) {
                json.writeString(part);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("differences");
            for (FleetComparison.Difference each : found.differences()) {
                json.writeStartObject();
                json.writeStringField("service", each.service());
                json.writeStringField("address", each.address().toString());
                json.writeStringField("kind", each.kind());
                json.writeStringField("a", each.a());
                json.writeStringField("b", each.b());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }
}
