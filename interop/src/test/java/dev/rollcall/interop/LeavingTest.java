package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.interop.Caller.Outcome;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two instances and a caller of the other language; one instance goes and comes back, and the calls tell when. */
@DisplayName("4. Leaving and coming back, as callers see it")
class LeavingTest extends FleetTest {
    private final String first = service + "-one";
    private final String second = service + "-two";

    /** What the caller saw of the time after {@code since}, until only the second instance was left. */
    private String seen(Caller caller, long since) {
        caller.awaitOnly(second);
        List<Outcome> after = caller.outcomes().stream()
                .filter(outcome -> outcome.nanos() - since > 0)
                .toList();
        long last = after.stream()
                .filter(outcome -> !outcome.server().equals(second))
                .mapToLong(outcome -> outcome.nanos() - since)
                .max()
                .orElse(0);
        return String.format(
                Locale.ROOT,
                "reached for %.1f s, %d failed",
                last / 1e9,
                failed(caller, since).size());
    }

    private static List<String> failed(Caller caller, long since) {
        return caller.outcomes().stream()
                .filter(outcome -> outcome.nanos() - since > 0)
                .map(Outcome::failure)
                .filter(failure -> !failure.isEmpty())
                .toList();
    }

    private static String back(Caller caller, String server, long since) {
        return String.format(Locale.ROOT, "; back after %.1f s", (caller.awaitAnswerOf(server, since) - since) / 1e9);
    }

    private void awaitBoth(Caller caller) {
        long now = System.nanoTime();
        caller.awaitAnswerOf(first, now);
        caller.awaitAnswerOf(second, now);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void go_loses_no_call_when_a_java_instance_leaves_and_calls_it_when_it_is_back(Peer peer, Cell cell) {
        Program leaving = fleet.java(peer, service, "one");
        fleet.java(peer, service, "two");
        Caller caller = Caller.go(fleet, peer, service);
        awaitBoth(caller);

        long told = System.nanoTime();
        leaving.terminate();
        leaving.await("stopped");
        String gone = seen(caller, told);
        assertThat(failed(caller, told)).isEmpty();

        fleet.java(peer, service, "one");
        cell.figure(gone + back(caller, first, System.nanoTime()));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void go_forgets_a_java_instance_that_was_killed_and_calls_it_when_it_is_back(Peer peer, Cell cell) {
        Program killed = fleet.java(peer, service, "one");
        fleet.java(peer, service, "two");
        Caller caller = Caller.go(fleet, peer, service);
        awaitBoth(caller);

        long told = System.nanoTime();
        killed.kill();
        String gone = seen(caller, told);

        fleet.java(peer, service, "one");
        cell.figure(gone + back(caller, first, System.nanoTime()) + " (TTL 5 s)");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void java_loses_at_most_the_call_in_flight_when_a_go_instance_leaves_and_calls_it_when_it_is_back(
            Peer peer, Cell cell) {
        Program leaving = fleet.serve(peer, service, "--id", "one");
        fleet.serve(peer, service, "--id", "two");
        Caller caller = Caller.java(fleet, service);
        awaitBoth(caller);

        long told = System.nanoTime();
        leaving.terminate();
        leaving.await("stopped");
        String gone = seen(caller, told);
        assertThat(failed(caller, told)).hasSizeLessThanOrEqualTo(1);

        fleet.serve(peer, service, "--id", "one");
        cell.figure(gone + back(caller, first, System.nanoTime()));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void java_loses_at_most_the_call_in_flight_when_a_go_instance_is_killed_and_calls_it_when_it_is_back(
            Peer peer, Cell cell) {
        Program killed = fleet.serve(peer, service, "--id", "one", "--ttl", "5s", "--refresh", "1s");
        fleet.serve(peer, service, "--id", "two");
        Caller caller = Caller.java(fleet, service);
        awaitBoth(caller);

        long told = System.nanoTime();
        killed.kill();
        await().atMost(Program.PATIENCE)
                .until(() -> fleet.rollcall().lookup(service).instances().size() == 1);
        String gone = seen(caller, told);
        assertThat(failed(caller, told)).hasSizeLessThanOrEqualTo(1);

        fleet.serve(peer, service, "--id", "one");
        cell.figure(gone + back(caller, first, System.nanoTime()) + " (TTL 5 s)");
    }
}
