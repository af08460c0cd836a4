package dev.rollcall.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the demo counted, and how to see the same by hand. */
final class DemoSummary {
    private DemoSummary() {}

    /**
     * How long things took from their cause to the caller's view.
     *
     * @param killed from SIGKILL until the instance was not listed any more
     * @param drained from SIGTERM until it asked for no more calls
     * @param left from SIGTERM until it was not listed any more
     * @param back from the start of its process until it was listed again
     */
    record Times(Duration killed, Duration drained, Duration left, Duration back) {}

    static String text(Times times, DemoCaller.Counts counts, String ttl) {
        String answers = new TreeMap<>(counts.answers())
                .entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .collect(Collectors.joining(", "));
        return String.join(
                System.lineSeparator(),
                "",
                "  calls            " + counts.calls() + ", of which " + counts.failed() + " failed",
                "  refused          " + (counts.tries() - counts.calls())
                        + " connections, to a dead process that was still listed; the call went on to the next instance",
                "  longest gap      " + counts.longestGap().toMillis() + " ms between two answers",
                "  answers          " + answers,
                "  say-2 killed     listed for another " + seconds(times.killed()) + ", as its lease of " + ttl
                        + " ran",
                "  say-3 left       asked for no more calls after " + seconds(times.drained()) + ", was gone after "
                        + seconds(times.left()),
                "  say-2 came back  listed " + seconds(times.back()) + " after its process started");
    }

    static String byHand(String service, String registry, long pid, boolean now) {
        String at = " --registry " + registry;
        return String.join(
                System.lineSeparator(),
                List.of(
                        "",
                        now
                                ? "Try it by hand, in another terminal (Ctrl-C here ends it all):"
                                : "Try it by hand while ./rollcall demo --keep stays:",
                        "  ./rollcall services" + at,
                        "  ./rollcall instances " + service + at,
                        "  ./rollcall watch " + service + at,
                        "  ./rollcall register " + service + " --address 127.0.0.1:9000 --id say-4 --ttl 3s" + at,
                        now ? "  kill -9 " + pid + "   (say-2 again)" : "  kill -9 PID   (one of its processes)"));
    }

    static String json(Times times, DemoCaller.Counts counts) {
        return Json.object(json -> {
            json.writeNumberField("calls", counts.calls());
            json.writeNumberField("failed", counts.failed());
            json.writeNumberField("tries", counts.tries());
            json.writeNumberField("longestGapMillis", counts.longestGap().toMillis());
            json.writeNumberField("killSeenMillis", times.killed().toMillis());
            json.writeNumberField("drainSeenMillis", times.drained().toMillis());
            json.writeNumberField("leaveSeenMillis", times.left().toMillis());
            json.writeNumberField("backMillis", times.back().toMillis());
            json.writeObjectFieldStart("answers");
            for (Map.Entry<String, Long> entry : new TreeMap<>(counts.answers()).entrySet()) {
                json.writeNumberField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
        });
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.2f s", time.toMillis() / 1e3);
    }
}
