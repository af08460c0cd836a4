package dev.rollcall.cli;

import dev.rollcall.Configuration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code rollcall config}: the settings in effect and where each comes from; connects to nothing, shows no secret. */
@Command(
        name = "config",
        header = "Shows the settings in effect and where each comes from.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class ConfigCommand implements Callable<Integer> {
    private final Cli cli;

    ConfigCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Configuration configuration = cli.builder(Map.of()).configuration();
        configuration.notes().forEach(cli.console()::note);
        if (cli.json()) {
            cli.console().print(Json.object(json -> {
                json.writeArrayFieldStart("settings");
                for (Configuration.Setting setting : configuration.settings()) {
                    json.writeStartObject();
                    json.writeStringField("name", setting.name());
                    json.writeStringField("value", setting.value());
                    json.writeStringField("origin", setting.origin());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }));
            return Cli.OK;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("SETTING", "VALUE", "FROM"));
        for (Configuration.Setting setting : configuration.settings()) {
            rows.add(List.of(setting.name(), Show.whole(setting.value()), setting.origin()));
        }
        cli.console().print(Show.table(rows));
        return Cli.OK;
    }
}
