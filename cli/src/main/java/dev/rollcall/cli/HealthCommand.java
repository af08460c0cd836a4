package dev.rollcall.cli;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.Text;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.spi.DurationText;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code rollcall health SERVICE}: asks each instance, by gRPC's health service, or by go-micro's {@code Debug.Health} where there
 * is none.
 */
@Command(
        name = "health",
        header = "Asks each instance of a service how it is; exit code 1 unless all are well.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class HealthCommand implements Callable<Integer> {
    private static final int AT_ONCE = 16;

    private final Cli cli;

    @Parameters(paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    @Option(names = "--deadline", paramLabel = "DURATION", description = "for each instance: 500ms, ... (default: 2s)")
    private String deadline = "2s";

    HealthCommand(Cli cli) {
        this.cli = cli;
    }

    enum Health {
        SERVING,
        NOT_SERVING,
        /** It answered, and offers no health endpoint. */
        ANSWERS,
        UNREACHABLE
    }

    private record Found(Instance instance, Health health, Duration took, String detail) {}

    @Override
    public Integer call() throws Exception {
        Duration atMost = DurationText.parse("deadline", deadline);
        List<Found> found = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE, task -> {
            Thread thread = new Thread(task, "health");
            thread.setDaemon(true);
            return thread;
        });
        try (Rollcall rollcall = cli.connect();
                ServiceView view = rollcall.service(service);
                ServiceChannel channel = ServiceChannel.over(view)) {
            List<Future<Found>> asked = new ArrayList<>();
            for (Instance instance : rollcall.lookup(service).instances()) {
                asked.add(threads.submit(() -> ask(channel.with(view.where(instance::equals)), instance, atMost)));
            }
            for (Future<Found> each : asked) {
                found.add(each.get());
            }
        } finally {
            threads.shutdownNow();
        }
        print(found);
        if (found.isEmpty()) {
            cli.console().note(Text.quote(service) + " has no instances");
        }
        boolean well = found.stream().allMatch(each -> each.health == Health.SERVING || each.health == Health.ANSWERS);
        return well && !found.isEmpty() ? Cli.OK : Cli.FAILED;
    }

    private static Found ask(ServiceChannel channel, Instance instance, Duration atMost) {
        long start = System.nanoTime();
        Health health;
        String detail = "";
        try {
            health = ask(channel, instance.metadata().get("protocol"), instance.service(), atMost);
        } catch (StatusRuntimeException refused) {
            Code code = refused.getStatus().getCode();
            boolean silent = code == Code.UNAVAILABLE || code == Code.DEADLINE_EXCEEDED;
            health = code == Code.UNIMPLEMENTED || code == Code.NOT_FOUND
                    ? Health.ANSWERS
                    : silent ? Health.UNREACHABLE : Health.NOT_SERVING;
            detail = health == Health.ANSWERS ? "offers no health endpoint" : CallCommand.problem(refused);
        }
        return new Found(instance, health, Duration.ofNanos(System.nanoTime() - start), detail);
    }

    private static Health ask(ServiceChannel channel, @Nullable String protocol, String service, Duration atMost) {
        if (!"mucp".equals(protocol)) {
            try {
                ServingStatus status = HealthGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(atMost.toMillis(), TimeUnit.MILLISECONDS)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus();
                return status == ServingStatus.SERVING ? Health.SERVING : Health.NOT_SERVING;
            } catch (StatusRuntimeException refused) {
                if (refused.getStatus().getCode() != Code.UNIMPLEMENTED) {
                    throw refused;
                }
            }
        }
        List<String> reply = new ArrayList<>();
        new DynamicCall(channel, Map.of(), atMost).json(service, "Debug.Health", false, "{}", reply::add);
        return reply.get(0).contains("\"ok\"") ? Health.SERVING : Health.NOT_SERVING;
    }

    private void print(List<Found> found) {
        if (cli.json()) {
            cli.console().print(Json.object(json -> {
                json.writeStringField("service", service);
                json.writeArrayFieldStart("instances");
                for (Found each : found) {
                    json.writeStartObject();
                    json.writeStringField("id", each.instance.id());
                    json.writeStringField("address", each.instance.address().toString());
                    json.writeStringField("health", name(each.health));
                    json.writeNumberField("millis", each.took.toMillis());
                    json.writeStringField("detail", each.detail);
                    json.writeEndObject();
                }
                json.writeEndArray();
            }));
        } else if (!found.isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("ID", "ADDRESS", "STATUS", "HEALTH", "TIME", "DETAIL"));
            for (Found each : found) {
                rows.add(List.of(
                        Show.whole(each.instance.id()),
                        Show.whole(each.instance.address().toString()),
                        Show.status(each.instance),
                        name(each.health),
                        each.took.toMillis() + "ms",
                        each.detail));
            }
            cli.console().print(Show.table(rows));
        }
    }

    private static String name(Health health) {
        return health.name().toLowerCase(Locale.ROOT);
    }
}
