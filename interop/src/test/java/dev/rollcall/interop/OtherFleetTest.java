package dev.rollcall.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.rollcall.Address;
import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layout.Part;
import dev.rollcall.interop.Program.Line;
import dev.rollcall.interop.greeter.GreeterGrpc;
import dev.rollcall.interop.greeter.HelloRequest;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.testing.StoredKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("6. Other fleets: who sees and calls whom")
class OtherFleetTest extends FleetTest {
    private static final String JUNK = "neither an address nor an object";

    private final List<Change> changes = new CopyOnWriteArrayList<>();

    private static Rollcall connect(OtherFleet other) {
        return fleet.connect(options(other));
    }

    private static String options(OtherFleet other) {
        return "ttl=5s&layout=" + other.layout;
    }

    private void follow(OtherFleet other) {
        fleet.keep(connect(other).watch(service, (snapshot, fresh) -> changes.addAll(fresh)));
    }

    private Change next(int index, Duration atMost) {
        await().atMost(atMost).until(() -> changes.size() > index);
        return changes.get(index);
    }

    private Change next(int index) {
        return next(index, Program.PATIENCE);
    }

    /** A Go instance whose registration ends soon after it was killed. */
    private Program serve(OtherFleet other, String id, String zone) {
        return fleet.go(
                other,
                "serve",
                service,
                "--id",
                id,
                "--version",
                "1.2",
                "--label",
                "zone=" + zone,
                "--ttl",
                other.ttl.toSeconds() + "s");
    }

    private void checkSeen(OtherFleet other, Change change, Line serving, String zone) {
        Instance seen = change.instance();
        assertThat(change.kind()).isEqualTo(Change.Kind.JOINED);
        assertThat(seen.service()).isEqualTo(service);
        assertThat(seen.address()).isEqualTo(Address.parse(serving.text("address")));
        if (other.shows(Part.ID)) {
            assertThat(seen.id()).isEqualTo("one");
        }
        if (other.shows(Part.VERSION)) {
            assertThat(seen.version()).isEqualTo("1.2");
        }
        if (other.shows(Part.METADATA)) {
            assertThat(seen.metadata()).containsEntry("zone", zone);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void java_sees_a_go_instance_join_leave_and_return_changed(OtherFleet other) {
        follow(other);
        Program go = serve(other, "one", "a<b>&ü");
        checkSeen(other, next(0), go.await("serving"), "a<b>&ü");
        go.terminate();
        go.await("stopped");
        assertThat(next(1).kind().gone()).isTrue();

        Program again = serve(other, "one", "b");
        checkSeen(other, next(2), again.await("serving"), "b");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void java_sees_a_killed_go_instance_vanish_when_its_ttl_is_over(OtherFleet other, Cell cell) {
        follow(other);
        Program go = serve(other, "one", "a");
        next(0);
        go.await("serving");
        long killed = System.nanoTime();
        go.kill();
        Change gone = next(1, other.ttl.plus(Program.PATIENCE));
        assertThat(gone.kind().gone()).isTrue();
        cell.figure(seconds(System.nanoTime() - killed) + " at a TTL of " + other.ttl.toSeconds() + " s");
    }

    private static String seconds(long nanos) {
        return String.format("%.1f s", Duration.ofNanos(nanos).toMillis() / 1000.0);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void go_stores_the_keys_and_bytes_that_java_would_store(OtherFleet other) throws Exception {
        serve(other, "one", "a<b>&ü").await("serving");
        Layout layout = other.keys();
        String prefix = layout.prefix(service);
        await().atMost(Program.PATIENCE).until(() -> fleet.ctl().list(prefix).size() == 1);
        StoredKey stored = fleet.ctl().list(prefix).get(0);
        Instance instance = layout.decode(stored.key(), stored.valueBytes());
        for (Layout.Entry entry : layout.encode(instance, stored.lease())) {
            assertThat(fleet.ctl().get(entry.key()).map(StoredKey::value))
                    .as(entry.key())
                    .contains(new String(entry.value(), UTF_8));
        }
        assertThat(layout.encode(instance, stored.lease()))
                .contains(new Layout.Entry(stored.key(), stored.valueBytes()));
    }

    private Instance instance(int port, String zone) {
        return Instance.of(service, "127.0.0.1", port)
                .withId("two")
                .withVersion("2.0")
                .withMetadata("zone", zone);
    }

    /** What Go's users see of an instance of ours. */
    private static String shown(OtherFleet other, Instance instance) {
        return instance.address()
                + (other.shows(Part.ID) ? " " + instance.id() : "")
                + (other.shows(Part.VERSION) ? " " + instance.version() : "")
                + (other.shows(Part.METADATA) ? " " + instance.metadata().get("zone") : "");
    }

    private static String shown(OtherFleet other, JsonObject go) {
        return go.get("address").getAsString()
                + (other.shows(Part.ID) ? " " + go.get("id").getAsString() : "")
                + (other.shows(Part.VERSION) ? " " + go.get("version").getAsString() : "")
                + (other.shows(Part.METADATA)
                        ? " " + go.getAsJsonObject("metadata").get("zone").getAsString()
                        : "");
    }

    /** Waits until Go shows so many instances. */
    private static List<JsonObject> awaitInstances(Program watcher, int size) {
        while (true) {
            List<JsonObject> all = instances(watcher.await("instances"));
            if (all.size() == size) {
                return all;
            }
        }
    }

    private static List<JsonObject> instances(Line line) {
        List<JsonObject> all = new ArrayList<>();
        for (JsonElement one : line.json().getAsJsonArray("instances")) {
            all.add(one.getAsJsonObject());
        }
        return all;
    }

    /** Waits until Go shows exactly this instance. */
    private static void awaitOnly(Program watcher, OtherFleet other, Instance instance) {
        String expected = shown(other, instance);
        String last;
        do {
            last = shown(other, awaitInstances(watcher, 1).get(0));
        } while (!last.equals(expected));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void go_sees_a_java_instance_join_change_and_leave(OtherFleet other) {
        Program watcher = fleet.go(other, "watch", service);
        awaitInstances(watcher, 0);
        Registration registration = fleet.keep(connect(other).register(instance(4711, "a<b>&ü")));
        awaitOnly(watcher, other, instance(4711, "a<b>&ü"));

        registration.update(instance(4712, "b"));
        awaitOnly(watcher, other, instance(4712, "b"));

        registration.close();
        awaitInstances(watcher, 0);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void go_sees_a_killed_java_instance_vanish_when_its_ttl_is_over(OtherFleet other, Cell cell) {
        Program java = fleet.java(service, "one", options(other));
        Program watcher = fleet.go(other, "watch", service);
        awaitInstances(watcher, 1);
        long killed = System.nanoTime();
        java.kill();
        awaitInstances(watcher, 0);
        cell.figure(seconds(System.nanoTime() - killed) + " at a TTL of 5 s");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void junk_below_the_prefix_hides_no_instance_from_java(OtherFleet other, Cell cell) {
        String key = other.keys().prefix(service) + "junk";
        fleet.ctl().put(key, JUNK);
        Rollcall rollcall = connect(other);
        Instance java =
                rollcall.register(instance(4711, "a")).await(Program.PATIENCE).instance();
        follow(other);
        assertThat(next(0).instance().address()).isEqualTo(java.address());
        Program go = serve(other, "one", "a");
        Address address = Address.parse(go.await("serving").text("address"));
        assertThat(next(1).instance().address()).isEqualTo(address);
        assertThat(rollcall.lookup(service).instances())
                .extracting(Instance::address)
                .containsExactlyInAnyOrder(java.address(), address);

        Program watcher = fleet.go(other, "watch", service);
        switch (other.junk) {
            case PASSED_OVER ->
                assertThat(addresses(awaitInstances(watcher, 2)))
                        .containsExactlyInAnyOrder(java.address().toString(), address.toString());
            case SHOWN ->
                assertThat(addresses(awaitInstances(watcher, 3)))
                        .contains(java.address().toString(), address.toString());
            case FATAL -> {
                watcher.await("error");
                fleet.ctl().delete(key);
                awaitInstances(watcher, 2);
            }
        }
        fleet.ctl().delete(key);
        cell.figure("yes; " + other.junk.said);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#here")
    void go_goes_on_seeing_instances_beside_junk_and_a_json_null(OtherFleet other, Cell cell) {
        String prefix = other.keys().prefix(service);
        fleet.ctl().put(prefix + "junk", JUNK);
        fleet.ctl().put(prefix + "null", "null");
        Rollcall rollcall = connect(other);
        Instance java =
                rollcall.register(instance(4711, "a")).await(Program.PATIENCE).instance();
        assertThat(rollcall.lookup(service).instances())
                .extracting(Instance::address)
                .containsExactly(java.address());

        Program watcher = fleet.go(other, "watch", service);
        if (other.junk == OtherFleet.Junk.FATAL) {
            watcher.await("error");
            fleet.ctl().delete(prefix + "junk");
            assertThat(watcher.lastWords()).contains("nil pointer dereference");
            throw cell.cannot(
                    "one value that is no object hides all instances of the service from Kratos while it is there,"
                            + " and the value `null` ends the program, by a nil pointer");
        }
        await().atMost(Program.PATIENCE)
                .until(() -> addresses(instances(watcher.await("instances")))
                        .contains(java.address().toString()));
    }

    private static List<String> addresses(List<JsonObject> instances) {
        return instances.stream().map(one -> one.get("address").getAsString()).toList();
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#calling")
    void go_calls_java_instances_by_name(OtherFleet other, Cell cell) {
        Rollcall rollcall = connect(other);
        fleet.host(rollcall, service, "one");
        fleet.host(rollcall, service, "two");
        Program caller = fleet.go(other, "call", service, "--repeat", "0", "--interval", "20ms");
        if (other.calls == OtherFleet.Calls.DIES) {
            assertThat(caller.lastWords())
                    .contains("panic: runtime error: comparing uncomparable type map[string]interface {}");
            throw cell.cannot(
                    "grpc-go v1.71.1, which this etcd client asks for, compares the metadata that etcd's resolver hands it, "
                            + "and a Go program that compares objects ends: `panic: runtime error: comparing uncomparable type`. The layout "
                            + "`etcd-naming-bare` writes none");
        }
        Set<String> answered = new HashSet<>();
        while (answered.size() < 2) {
            Line line = caller.next();
            assertThat(line.event()).as("%s", line.json()).isEqualTo("reply");
            answered.add(line.text("from"));
        }
        assertThat(answered).containsExactlyInAnyOrder("one", "two");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.OtherFleet#calling")
    void java_calls_go_instances_by_name(OtherFleet other) {
        serve(other, "one", "a").await("serving");
        serve(other, "two", "a").await("serving");
        GreeterGrpc.GreeterBlockingStub stub =
                GreeterGrpc.newBlockingStub(fleet.keep(ServiceChannel.open(connect(other), service)));
        Set<String> answered = new HashSet<>();
        await().atMost(Program.PATIENCE).until(() -> {
            answered.add(stub.withDeadlineAfter(Program.PATIENCE)
                    .hello(HelloRequest.newBuilder().setFrom("java").build())
                    .getServer());
            return answered.size() == 2;
        });
        assertThat(answered).containsExactlyInAnyOrder("one", "two");
    }
}
