package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Status;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A thousand calls a second over five instances, while one is killed, one drains and leaves, and one is added. */
class LosslessTest {
    private static final String RETRIES = """
            {"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.01s",
              "maxBackoff": "0.1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}""";

    private final Fleet fleet = new Fleet();
    private final ScheduledExecutorService calling = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService changing = Executors.newSingleThreadScheduledExecutor();
    private final List<Speaker> speakers = new ArrayList<>();
    private final List<Registration> registrations = new ArrayList<>();

    private @Nullable Process mortal;
    private int mortalPort;

    @AfterEach
    void close() {
        if (mortal != null) {
            mortal.destroyForcibly();
        }
        calling.shutdownNow();
        changing.shutdownNow();
        fleet.close();
    }

    private void add(String name) {
        Speaker speaker = fleet.speaker(name);
        speaker.slow();
        speakers.add(speaker);
        registrations.add(fleet.register(speaker.instance()));
    }

    /** Starts the first one in a process of its own and registers it here: what a killed process leaves until its lease ends. */
    private void addMortal(String name) throws IOException {
        mortal = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SpeakerProgram.class.getName(),
                        name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        mortalPort = Integer.parseInt(mortal.inputReader().readLine());
        registrations.add(fleet.register(
                Instance.of(Speaker.SERVICE, "127.0.0.1", mortalPort).withId(name)));
    }

    /** SIGKILL. */
    private void kill() {
        Objects.requireNonNull(mortal).destroyForcibly();
    }

    private void drain() {
        registrations.get(1).update(speakers.get(0).instance().withStatus(Status.DRAINING));
        registrations.get(1).close();
        speakers.get(0).leave();
    }

    private Traffic run(ManagedChannel channel, Duration time) throws Exception {
        Traffic traffic = new Traffic(channel);
        Future<?> calls = calling.scheduleAtFixedRate(traffic::call, 0, 1, TimeUnit.MILLISECONDS);
        long quarter = time.toMillis() / 4;
        changing.schedule(this::kill, quarter, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS);
        changing.schedule(this::drain, quarter, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS);
        changing.schedule(() -> add("added"), quarter, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS);
        await().atMost(Fleet.LONG).until(() -> traffic.begun() >= time.toMillis());
        calls.cancel(false);
        await().atMost(Fleet.LONG).until(traffic::over);
        assertThat(speakers.get(4).calls()).as("calls of the added one").isPositive();
        return traffic;
    }

    private ManagedChannel channel(String config) throws IOException {
        addMortal("s1");
        for (int i = 2; i <= 5; i++) {
            add("s" + i);
        }
        ManagedChannel channel = fleet.channel(config);
        Fleet.awaitAnswering(channel, "s1", "s2", "s3", "s4", "s5");
        return channel;
    }

    @Test
    void with_retries_no_call_fails() throws Exception {
        assertThat(run(channel(RETRIES), Duration.ofSeconds(10)).failed()).isEmpty();
    }

    @Test
    void without_retries_only_calls_in_flight_on_the_killed_one_fail() throws Exception {
        Traffic traffic = run(channel("{}"), Duration.ofSeconds(3));
        assertThat(traffic.failed()).allMatch(failed -> failed.port() == mortalPort);
    }

    @Test
    @Tag("long")
    void with_retries_no_call_fails_for_a_minute() throws Exception {
        assertThat(run(channel(RETRIES), Duration.ofSeconds(60)).failed()).isEmpty();
    }
}
