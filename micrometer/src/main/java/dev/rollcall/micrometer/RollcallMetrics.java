package dev.rollcall.micrometer;

import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Shows a {@link Rollcall} as meters.
 *
 * <pre>{@code
 * new RollcallMetrics(rollcall).bindTo(meterRegistry);
 * }</pre>
 *
 * <ul>
 *   <li>{@code rollcall.registrations}, gauge by {@code state}: registrations in that state
 *   <li>{@code rollcall.view.instances}, gauge by {@code service}: instances in the view
 *   <li>{@code rollcall.view.stale}, gauge in seconds by {@code service}: for how long the registry has been away; 0 while live, NaN
 *       before the first list
 *   <li>{@code rollcall.<counter>}, a counter for each of {@link Rollcall#counters()}: {@code rollcall.calls},
 *       {@code rollcall.reconnects}, {@code rollcall.values.skipped}, {@code rollcall.events.dropped}, ...
 * </ul>
 *
 * <p>The meters of views and counters come and go with the next event after a view was opened or closed or a counter began. Safe for use by many
 * threads.
 */
public final class RollcallMetrics implements MeterBinder {
    private final Rollcall rollcall;

    public RollcallMetrics(Rollcall rollcall) {
        this.rollcall = Objects.requireNonNull(rollcall, "rollcall");
    }

    @Override
    public void bindTo(MeterRegistry meters) {
        for (Registration.State state : Registration.State.values()) {
            if (state != Registration.State.CLOSED) {
                Gauge.builder("rollcall.registrations", rollcall, from -> registrations(from, state))
                        .tag("state", state.name().toLowerCase(Locale.ROOT))
                        .description("Registrations by state")
                        .register(meters);
            }
        }
        ChangingMeters changing = new ChangingMeters(meters);
        rollcall.events(event -> changing.refresh());
        changing.refresh();
    }

    private static double registrations(Rollcall rollcall, Registration.State state) {
        return rollcall.registrations().stream()
                .filter(registration -> registration.state() == state)
                .count();
    }

    /** The meters of the views that were open and the counters that were known when it last looked. */
    private final class ChangingMeters {
        private final MeterRegistry meters;
        private final Map<String, List<Meter>> views = new HashMap<>();
        private final Set<String> counters = new HashSet<>();

        ChangingMeters(MeterRegistry meters) {
            this.meters = meters;
        }

        synchronized void refresh() {
            Set<String> gone = new HashSet<>(views.keySet());
            for (ServiceSnapshot view : rollcall.views()) {
                gone.remove(view.service());
                views.computeIfAbsent(view.service(), this::add);
            }
            gone.forEach(service ->
                    Optional.ofNullable(views.remove(service)).ifPresent(old -> old.forEach(meters::remove)));
            rollcall.counters().keySet().stream().filter(counters::add).forEach(this::addCounter);
        }

        private void addCounter(String name) {
            FunctionCounter.builder(
                            "rollcall." + name,
                            rollcall,
                            from -> from.counters().getOrDefault(name, 0L))
                    .register(meters);
        }

        private List<Meter> add(String service) {
            return List.of(
                    Gauge.builder(
                                    "rollcall.view.instances",
                                    rollcall,
                                    from -> view(from, service, ServiceSnapshot::size))
                            .tag("service", service)
                            .description("Instances in the view of the service")
                            .register(meters),
                    TimeGauge.builder(
                                    "rollcall.view.stale",
                                    rollcall,
                                    TimeUnit.SECONDS,
                                    from -> view(from, service, RollcallMetrics::staleSeconds))
                            .tag("service", service)
                            .description("For how long the view has not followed the registry")
                            .register(meters));
        }
    }

    private static double view(Rollcall rollcall, String service, ToDoubleFunction<ServiceSnapshot> value) {
        return rollcall.views().stream()
                .filter(view -> view.service().equals(service))
                .findFirst()
                .map(value::applyAsDouble)
                .orElse(Double.NaN);
    }

    private static double staleSeconds(ServiceSnapshot view) {
        return view.freshness() == ServiceSnapshot.Freshness.COLD
                ? Double.NaN
                : view.staleFor().toNanos() / 1e9;
    }
}
