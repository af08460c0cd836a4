package dev.rollcall.cli;

import dev.rollcall.Change;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rollcall watch SERVICE}: one line for each instance there is, then one for each change, until it is told to end. */
@Command(
        name = "watch",
        header = "Shows a service's instances, then every change, until Ctrl-C.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class WatchCommand implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final Cli cli;
    private volatile boolean watching;
    private boolean stale;
    private boolean away;

    @Parameters(paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    WatchCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        try (Rollcall rollcall = cli.connect(Map.of(), this::heard)) {
            ServiceSnapshot first =
                    rollcall.lookup(service); // a registry that is not there is told at once, with its cause
            cli.console().stop().heed(); // before anything is said: who reads it may stop us at once
            if (first.size() == 0) {
                cli.console().note("no instances yet, waiting for the first");
            }
            watching = true;
            rollcall.watch(service, this::changed);
            cli.console().stop().await(FOR_EVER);
            return Cli.OK;
        }
    }

    private void changed(ServiceSnapshot snapshot, List<Change> changes) {
        for (Change change : changes) {
            line(change.kind().name(), change.instance(), snapshot.revision(), snapshot.size());
        }
    }

    /** Called serially. The causes of an outage are told once, and not at all before the first list, which tells its own. */
    private void heard(Event event) {
        if (event instanceof Event.ViewChanged changed) {
            if (changed.freshness() == ServiceSnapshot.Freshness.STALE) {
                stale = true;
                line("STALE", null, 0, 0);
            } else if (stale) {
                stale = false;
                line("LIVE", null, 0, 0);
            }
        } else if (event instanceof Event.Disconnected lost) {
            if (watching && !away) {
                away = true;
                cli.console().note(String.valueOf(lost.problem().getMessage()));
            }
        } else if (event instanceof Event.Connected) {
            away = false;
        } else if (event instanceof Event.ValueSkipped skipped) {
            cli.console().note("skipped " + skipped.key() + ": " + skipped.reason());
        }
    }

    private void line(String what, @Nullable Instance instance, long revision, int size) {
        String name = what.toLowerCase(Locale.ROOT);
        String text = cli.json() ? json(name, instance, revision, size) : plain(name, instance);
        if (!cli.console().print(text)) {
            cli.console().stop().request(); // nobody reads on
        }
    }

    private static String plain(String what, @Nullable Instance instance) {
        String line = Show.now() + "  " + String.format("%-15s", what);
        if (instance != null) {
            line += "  " + Show.whole(instance.id()) + "  "
                    + Show.whole(instance.address().toString()) + "  " + Show.whole(instance.version()) + "  "
                    + Show.metadata(instance.metadata());
        }
        return line.stripTrailing();
    }

    private String json(String what, @Nullable Instance instance, long revision, int size) {
        return Json.object(json -> {
            json.writeStringField(
                    "time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
            json.writeStringField("event", what);
            json.writeStringField("service", service);
            json.writeFieldName("instance");
            if (instance == null) {
                json.writeNull();
            } else {
                Json.instance(json, instance);
            }
            json.writeNumberField("size", size);
            json.writeNumberField("revision", revision);
        });
    }
}
