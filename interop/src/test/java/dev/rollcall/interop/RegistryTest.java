package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.rollcall.Address;
import dev.rollcall.Change;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Subscription;
import dev.rollcall.Value;
import dev.rollcall.interop.Program.Line;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("1. The registry: who sees whom")
class RegistryTest extends FleetTest {
    private final List<Change> changes = new CopyOnWriteArrayList<>();

    private Subscription follow() {
        return fleet.keep(fleet.rollcall().watch(service, (snapshot, fresh) -> changes.addAll(fresh)));
    }

    private Change next(int index) {
        await().atMost(Program.PATIENCE).until(() -> changes.size() > index);
        return changes.get(index);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void java_sees_a_go_instance_with_its_endpoints_and_metadata(Peer peer) {
        Subscription subscription = follow();
        Program go = fleet.go(
                peer, "serve", service, "--id", "one", "--version", "1.2", "--label", "zone=a<b>", "--label", "zöne=ü");
        Line serving = go.await("serving");
        Instance seen = next(0).instance();

        assertThat(next(0).kind()).isEqualTo(Change.Kind.JOINED);
        assertThat(seen.id()).isEqualTo(service + "-one");
        assertThat(seen.version()).isEqualTo("1.2");
        assertThat(seen.address()).isEqualTo(Address.parse(serving.text("address")));
        assertThat(seen.metadata())
                .containsEntry("zone", "a<b>")
                .containsEntry("zöne", "ü")
                .containsEntry("protocol", peer.protocol)
                .containsEntry("registry", "etcd");
        assertThat(seen.endpoints())
                .extracting(Endpoint::name)
                .containsExactlyInAnyOrder("Greeter.Chat", "Greeter.Count", "Greeter.Hello");
        Endpoint hello = seen.endpoints().stream()
                .filter(endpoint -> endpoint.name().equals("Greeter.Hello"))
                .findFirst()
                .orElseThrow();
        assertThat(Objects.requireNonNull(hello.request()).values())
                .extracting(Value::name)
                .contains("from", "to", "msg");
        assertThat(fleet.rollcall().lookup(service).instances()).containsExactly(seen);
        assertThat(fleet.rollcall().services()).contains(service);
        assertThat(subscription.snapshot().instances()).containsExactly(seen);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void java_sees_a_go_instance_leave_and_return_changed(Peer peer) {
        follow();
        Program go = fleet.serve(peer, service, "--id", "one", "--label", "zone=a");
        assertThat(next(0).kind()).isEqualTo(Change.Kind.JOINED);
        go.terminate();
        go.await("stopped");
        assertThat(next(1).kind().gone()).isTrue();

        fleet.serve(peer, service, "--id", "one", "--label", "zone=b");
        assertThat(next(2).kind()).isEqualTo(Change.Kind.JOINED);
        assertThat(next(2).instance().metadata()).containsEntry("zone", "b");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void java_sees_a_killed_go_instance_vanish_when_its_ttl_is_over(Peer peer, Cell cell) {
        follow();
        Program go = fleet.serve(peer, service, "--id", "one", "--ttl", "4s", "--refresh", "1s");
        next(0);
        long killed = System.nanoTime();
        go.kill();
        assertThat(next(1).kind()).isEqualTo(Change.Kind.LOST);
        cell.figure(seconds(System.nanoTime() - killed) + " at a TTL of 4 s");
    }

    private static String seconds(long nanos) {
        return String.format("%.1f s", Duration.ofNanos(nanos).toMillis() / 1000.0);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void go_lists_and_describes_a_java_instance_with_its_endpoints(Peer peer) {
        join("two", "a<b>&ü");

        JsonObject listed = only(fleet.go(peer, "list", service).await("list").json(), service);
        assertThat(listed.get("name").getAsString()).isEqualTo(service);

        JsonObject described =
                only(fleet.go(peer, "describe", service).await("describe").json(), service);
        assertThat(described.get("version").getAsString()).isEqualTo("2.0");
        JsonObject node = described.getAsJsonArray("nodes").get(0).getAsJsonObject();
        assertThat(node.get("id").getAsString()).isEqualTo(service + "-two");
        assertThat(node.get("address").getAsString()).isEqualTo("127.0.0.1:4711");
        assertThat(node.getAsJsonObject("metadata").get("zone").getAsString()).isEqualTo("a<b>&ü");
        JsonObject hello = described.getAsJsonArray("endpoints").get(0).getAsJsonObject();
        assertThat(hello.get("name").getAsString()).isEqualTo("Greeter.Hello");
        assertThat(hello.getAsJsonObject("metadata").get("stream").getAsString())
                .isEqualTo("false");
        assertThat(fields(hello.getAsJsonObject("request"))).containsExactly("from string", "to string");
        assertThat(fields(hello.getAsJsonObject("response"))).containsExactly("msg string");
    }

    private Registration join(String id, String zone) {
        Value text = new Value("from", "string", List.of());
        Value request = new Value("HelloRequest", "HelloRequest", List.of(text, new Value("to", "string", List.of())));
        Value reply = new Value("HelloReply", "HelloReply", List.of(new Value("msg", "string", List.of())));
        Instance instance = Instance.of(service, "127.0.0.1", 4711)
                .withId(service + "-" + id)
                .withVersion("2.0")
                .withMetadata("zone", zone)
                .withEndpoints(List.of(new Endpoint("Greeter.Hello", request, reply, Map.of("stream", "false"))));
        return fleet.keep(fleet.rollcall().register(instance).await(Program.PATIENCE));
    }

    private static JsonObject only(JsonObject answer, String service) {
        List<JsonObject> found = objects(answer.getAsJsonArray("services"))
                .filter(one -> one.get("name").getAsString().equals(service))
                .toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    private static List<String> fields(JsonObject value) {
        return objects(value.getAsJsonArray("values"))
                .map(field -> field.get("name").getAsString() + " "
                        + field.get("type").getAsString())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void go_watches_a_java_instance_join_change_and_leave(Peer peer) {
        Program watcher = fleet.go(peer, "watch", service);
        watcher.await("watching");
        Registration registration = join("two", "a");
        assertThat(change(watcher)).isEqualTo("create a");

        registration.update(registration.instance().withMetadata("zone", "b"));
        assertThat(change(watcher)).isEqualTo("update b");

        registration.close();
        assertThat(change(watcher)).as("says that it is leaving").isEqualTo("update b");
        assertThat(change(watcher)).isEqualTo("delete b");
    }

    private static String change(Program watcher) {
        Line line = watcher.await("change");
        JsonObject node = line.object("service").getAsJsonArray("nodes").get(0).getAsJsonObject();
        return line.text("action") + " "
                + node.getAsJsonObject("metadata").get("zone").getAsString();
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.Peer#here")
    void go_and_java_instances_of_one_service_are_seen_together(Peer peer) {
        follow();
        join("two", "a");
        next(0);
        fleet.serve(peer, service, "--id", "one", "--version", "2.0");
        assertThat(next(1).instance().id()).isEqualTo(service + "-one");

        JsonObject described =
                only(fleet.go(peer, "describe", service).await("describe").json(), service);
        assertThat(objects(described.getAsJsonArray("nodes")))
                .extracting(node -> node.get("id").getAsString())
                .containsExactlyInAnyOrder(service + "-one", service + "-two");
    }
}
