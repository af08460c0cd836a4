package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.interop.Program.Line;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Go kit consumer reads a whole service anew for each event, so each event that we cause counts. */
@DisplayName("8. What Java instances cost a Go kit consumer")
class GoKitReaderTest extends FleetTest {
    private static final int MANY = 50;
    private static final int TTL = 2;
    private static final String OPTIONS = "layout=go-kit&ttl=" + TTL + "s";
    /** One, unless the machine is so busy that what is done at one time is not. */
    private static final int FEW = 3;

    private Program watch(GoKit goKit, int size) {
        Program watcher = fleet.go(goKit, "watch", List.of("--name", service));
        until(watcher, size);
        return watcher;
    }

    /** What it printed until it showed so many instances and then nothing more for a while. */
    private static List<Line> until(Program watcher, int size) {
        List<Line> all = new ArrayList<>();
        await().atMost(Program.PATIENCE).during(Duration.ofSeconds(1)).until(() -> {
            List<Line> fresh = watcher.drain();
            all.addAll(fresh);
            return fresh.isEmpty() && instances(all) == size;
        });
        return all;
    }

    private static long reads(List<Line> lines) {
        return lines.stream().filter(line -> line.event().equals("read")).count();
    }

    private static int instances(List<Line> lines) {
        return lines.stream()
                .filter(line -> line.event().equals("instances"))
                .reduce((earlier, later) -> later)
                .map(line -> line.json().getAsJsonArray("instances").size())
                .orElse(-1);
    }

    private List<Registration> register(Rollcall rollcall) {
        return BulkProgram.register(rollcall, service, MANY);
    }

    private Rollcall connect() {
        return fleet.connect(OPTIONS);
    }

    @ParameterizedTest
    @EnumSource
    void fifty_java_instances_that_join_at_once_are_few_events(GoKit goKit, Cell cell) {
        Program watcher = watch(goKit, 0);
        register(connect());
        cell.figure(few(until(watcher, MANY)));
    }

    private static String few(List<Line> lines) {
        long reads = reads(lines);
        assertThat(reads).isBetween(1L, (long) FEW);
        return reads == 1 ? "one event" : reads + " events";
    }

    @ParameterizedTest
    @EnumSource
    void java_instances_that_only_stay_are_no_event_for_four_times_their_ttl(GoKit goKit) {
        register(connect()).forEach(registration -> registration.await(Program.PATIENCE));
        Program watcher = watch(goKit, MANY);
        await().atMost(Program.PATIENCE)
                .during(Duration.ofSeconds(4L * TTL))
                .failFast(() -> assertThat(watcher.drain()).isEmpty())
                .until(() -> true);
    }

    @ParameterizedTest
    @EnumSource
    void a_java_process_with_fifty_instances_that_leaves_is_few_events(GoKit goKit, Cell cell) {
        Rollcall rollcall = connect();
        register(rollcall).forEach(registration -> registration.await(Program.PATIENCE));
        Program watcher = watch(goKit, MANY);
        rollcall.close();
        cell.figure(few(until(watcher, 0)));
    }

    @ParameterizedTest
    @EnumSource
    void a_killed_java_process_with_fifty_instances_is_few_events(GoKit goKit, Cell cell) {
        Program java = fleet.java(BulkProgram.class, fleet.url(OPTIONS), service, "" + MANY);
        java.await("serving");
        Program watcher = watch(goKit, MANY);
        java.kill();
        cell.figure(few(until(watcher, 0)));
    }
}
