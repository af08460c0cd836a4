package dev.rollcall;

import dev.rollcall.spi.DurationText;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a {@link Rollcall} is, in words for an operator.
 *
 * @param ok whether every registration is REGISTERED and every view is live
 * @param problems one sentence each; empty when ok
 */
public record Health(boolean ok, List<String> problems) {
    public Health {
        problems = List.copyOf(problems);
    }

    static Health of(
            boolean closed,
            Collection<? extends Registration> registrations,
            Collection<? extends Subscription> views) {
        List<String> problems = Stream.of(
                        closed ? Stream.of("closed") : Stream.<String>empty(),
                        registrations.stream().flatMap(Health::problem),
                        views.stream().flatMap(Health::problem).sorted().distinct())
                .flatMap(each -> each)
                .toList();
        return new Health(problems.isEmpty(), problems);
    }

    private static Stream<String> problem(Registration registration) {
        Registration.State state = registration.state();
        Instance instance = registration.instance();
        return state == Registration.State.REGISTERED
                ? Stream.empty()
                : Stream.of("registration of " + Text.quote(instance.service()) + " " + Text.quote(instance.id())
                        + " is " + state + why(registration.problem()));
    }

    private static Stream<String> problem(Subscription view) {
        ServiceSnapshot snapshot = view.snapshot();
        String name = "view of " + Text.quote(snapshot.service());
        return switch (snapshot.freshness()) {
            case LIVE -> Stream.empty();
            case COLD -> Stream.of(name + " has had no list yet" + why(view.problem()));
            case STALE ->
                Stream.of(name + " is stale for "
                        + DurationText.format(
                                Duration.ofSeconds(snapshot.staleFor().toSeconds()))
                        + why(view.problem()));
        };
    }

    private static String why(Optional<RollcallException> problem) {
        return problem.map(known -> ": " + known.getMessage()).orElse("");
    }
}
