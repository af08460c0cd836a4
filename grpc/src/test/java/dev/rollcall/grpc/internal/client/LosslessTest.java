package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Address;
import dev.rollcall.Registration;
import dev.rollcall.Status;
import dev.rollcall.testing.FaultProxy;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

    private final FaultProxy mortal = FaultProxy.to("127.0.0.1:1");

    @AfterEach
    void close() {
        mortal.close();
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

    /** Registers the first one behind a proxy, which can break its connections as the end of a process does. */
    private void addMortal(String name) {
        Speaker speaker = fleet.speaker(name);
        speaker.slow();
        speakers.add(speaker);
        mortal.retarget("127.0.0.1:" + speaker.port());
        registrations.add(fleet.register(speaker.instance().withAddress(Address.parse(mortal.endpoint()))));
    }

    /** Its registration stays for the time to live of its lease, as that of a killed process does. */
    private void kill() {
        mortal.cut();
    }

    private void drain() {
        registrations.get(1).update(speakers.get(1).instance().withStatus(Status.DRAINING));
        registrations.get(1).close();
        speakers.get(1).leave();
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
        assertThat(speakers.get(5).calls()).as("calls of the added one").isPositive();
        return traffic;
    }

    private ManagedChannel channel(String config) {
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
        assertThat(traffic.failed()).allMatch(failed -> mortal.endpoint().endsWith(":" + failed.port()));
    }

    @Test
    @Tag("long")
    void with_retries_no_call_fails_for_a_minute() throws Exception {
        assertThat(run(channel(RETRIES), Duration.ofSeconds(60)).failed()).isEmpty();
    }
}
