package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.MemoryRegistry;
import dev.rollcall.Rollcall;
import dev.rollcall.Value;
import dev.rollcall.grpc.GrpcServiceHost;
import dev.rollcall.mucp.MucpServiceHost;
import dev.rollcall.rpc.Methods;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.Ports;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.health.v1.HealthProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.ServerCalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls a plain gRPC server, of which only the health service is known: what any server of another language may be. */
class CallingTest {
    private static final String PROTO = """
            syntax = "proto3";
            package grpc.health.v1;
            message HealthCheckRequest { string service = 1; }
            message HealthCheckResponse {
              enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
              ServingStatus status = 1;
            }
            service Health {
              rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
              rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
            }
            """;

    private final String name = UUID.randomUUID().toString();
    private final MemoryRegistry registry = MemoryRegistry.open(name);
    private final HealthStatusManager health = new HealthStatusManager();
    private final List<Server> servers = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        servers.forEach(Server::shutdownNow);
        registry.close();
    }

    private Instance serve(String id, boolean reflection) throws Exception {
        ServerBuilder<?> builder = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(health.getHealthService());
        if (reflection) {
            builder.addService(ProtoReflectionServiceV1.newInstance());
        }
        Server server = builder.build().start();
        servers.add(server);
        return registry.register(
                        Instance.of("svc", "127.0.0.1", server.getPort()).withId(id))
                .instance();
    }

    private Run run(String... args) {
        String[] all = List.of(args).toArray(new String[args.length + 2]);
        all[args.length] = "--registry";
        all[args.length + 1] = "memory://" + name;
        return Run.start(all);
    }

    private Run call(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.add(0, "call");
        all.addAll(List.of("--deadline", "30s")); // the first call loads a good deal of code
        return run(all.toArray(new String[0]));
    }

    @Test
    void a_server_with_reflection_is_called_with_json() throws Exception {
        serve("a", true);
        for (String endpoint : List.of("Health.Check", "grpc.health.v1.Health.Check")) {
            assertThat(call("svc", endpoint).ends(0).lines()).containsExactly("{\"status\":\"SERVING\"}");
        }
        call("svc", "Health.Check", "{\"service\":\"nosuch\"}").fails(1, "NOT_FOUND: unknown service nosuch");
        call("svc", "Health.Nope").fails(1, "\"Health.Nope\" (expected: one that the instance's reflection lists)");
        call("svc", "Other.Check").fails(1, "\"Other.Check\" (expected: one that the instance's reflection lists)");
    }

    @Test
    void without_reflection_the_error_says_what_is_missing_and_a_file_helps() throws Exception {
        serve("a", false);
        call("svc", "Health.Check").fails(2, "offers no reflection (expected: --proto FILE or --descriptor FILE)");
        Path proto = Files.writeString(directory.resolve("health.proto"), PROTO);
        assertThat(call("svc", "Health.Check", "--proto", proto.toString())
                        .ends(0)
                        .lines())
                .containsExactly("{\"status\":\"SERVING\"}");
        Path set = Files.write(
                directory.resolve("health.set"),
                FileDescriptorSet.newBuilder()
                        .addFile(HealthProto.getDescriptor().toProto())
                        .build()
                        .toByteArray());
        assertThat(call("svc", "Health.Check", "--descriptor", set.toString())
                        .ends(0)
                        .lines())
                .containsExactly("{\"status\":\"SERVING\"}");
    }

    /** The health service under a name of its own. */
    private ServerServiceDefinition vitals() {
        MethodDescriptor<HealthCheckRequest, HealthCheckResponse> check = HealthGrpc.getCheckMethod().toBuilder()
                .setFullMethodName("test.Vitals/Check")
                .build();
        return ServerServiceDefinition.builder("test.Vitals")
                .addMethod(check, ServerCalls.asyncUnaryCall((request, reply) -> {
                    if (request.getService().isEmpty()) {
                        reply.onNext(HealthCheckResponse.newBuilder()
                                .setStatus(ServingStatus.SERVING)
                                .build());
                        reply.onCompleted();
                    } else {
                        reply.onError(Status.NOT_FOUND
                                .withDescription("unknown service " + request.getService())
                                .asRuntimeException());
                    }
                }))
                .build();
    }

    /** Whatever the protocol, the JSON goes as it is to a peer that takes it. */
    @Test
    void our_own_hosts_are_called_with_json_over_both_protocols() throws Exception {
        try (Rollcall rollcall = Rollcall.connect("memory://" + name);
                ServiceHost grpc = GrpcServiceHost.builder(rollcall, "over.grpc")
                        .address("127.0.0.1", 0)
                        .addService(vitals())
                        .linger(Duration.ZERO)
                        .start();
                ServiceHost mucp = MucpServiceHost.builder(rollcall, "over.mucp")
                        .address("127.0.0.1", 0)
                        .addService(vitals())
                        .linger(Duration.ZERO)
                        .start()) {
            for (String service : List.of("over.grpc", "over.mucp")) {
                assertThat(call(service, "Vitals.Check", "{\"service\":\"\"}")
                                .ends(0)
                                .lines())
                        .containsExactly("{\"status\":\"SERVING\"}");
                assertThat(run("health", service).ends(0).lines()).hasSize(2);
                call(service, "Vitals.Check", "{\"service\":\"nosuch\"}").fails(1, "unknown service nosuch");
                call(service, "Vitals.Nope").fails(1, "UNIMPLEMENTED");
                call(service, "Vitals.Check", "{\"service\":[]}").fails(1, "INVALID_ARGUMENT");
            }
            assertThat(call("over.grpc", "Health.Check").ends(0).lines())
                    .as("what is not go-micro's is found by reflection")
                    .containsExactly("{\"status\":\"SERVING\"}");
            assertThat(grpc.registrations()).hasSameSizeAs(mucp.registrations());
        }
    }

    @Test
    void files_that_cannot_be_used_are_wrong_usage() throws Exception {
        serve("a", false);
        call("svc", "Health.Check", "--proto", "nosuch.proto")
                .fails(2, "nosuch.proto (expected: a file that can be read)");
        Path other = Files.writeString(directory.resolve("other.proto"), "this is no proto");
        call("svc", "Health.Check", "--proto", other.toString()).fails(2, "(expected: a .proto file");
        call("svc", "Health.Check", "--descriptor", other.toString()).fails(2, "(expected: the output of protoc");
        Path proto = Files.writeString(directory.resolve("health.proto"), PROTO);
        call("svc", "Health.Nope", "--proto", proto.toString())
                .fails(2, "\"Health.Nope\" (expected: a method of a service in the file given)");
    }

    @Test
    void a_stream_of_answers_is_a_line_each_until_the_deadline() throws Exception {
        serve("a", true);
        Run watch = run("call", "svc", "Health.Watch", "--deadline", "3s").ends(1);
        assertThat(watch.lines()).containsExactly("{\"status\":\"SERVING\"}");
        assertThat(watch.err()).contains("DEADLINE_EXCEEDED");
    }

    @Test
    void a_host_of_ours_takes_json_also_for_a_stream_of_answers() {
        ServerServiceDefinition counter = ServerServiceDefinition.builder("Counter")
                .addMethod(
                        Methods.raw("", "Counter.Count", MethodType.SERVER_STREAMING),
                        ServerCalls.asyncServerStreamingCall((request, answers) -> {
                            answers.onNext(request);
                            answers.onNext("{\"n\":2}".getBytes(StandardCharsets.UTF_8));
                            answers.onCompleted();
                        }))
                .build();
        try (Rollcall rollcall = Rollcall.connect("memory://" + name);
                ServiceHost host = GrpcServiceHost.builder(rollcall, "svc.count")
                        .address("127.0.0.1", 0)
                        .addService(counter)
                        .linger(Duration.ZERO)
                        .start()) {
            assertThat(host.leaving()).isFalse();
            assertThat(call("svc.count", "Counter.Count", "{\"n\":1}").ends(0).lines())
                    .containsExactly("{\"n\":1}", "{\"n\":2}");
        }
    }

    @Test
    void requests_that_are_no_json_and_services_without_instances_are_one_line() throws Exception {
        serve("a", true);
        call("svc", "Health.Check", "{\"service\":").fails(2, "(expected: JSON)");
        call("svc", "Health.Check", "{} {}").fails(2, "(expected: one JSON document)");
        call("svc", "Health.Check", "{\"service\":[]}").fails(1, "INVALID_ARGUMENT");
        call("svc", "Health.Check", "--metadata", "a b=c").fails(2, "metadata: \"a b\"");
        call("svc", "Health.Check", "--id", "nosuch").fails(1, "nosuch");
        call("nosuch", "Health.Check").fails(1, "no instance of \"nosuch\" is registered");
    }

    @Test
    void health_asks_each_instance_and_fails_unless_all_are_well() throws Exception {
        serve("a", true);
        assertThat(run("health", "svc").ends(0).lines().get(1)).matches("a +127\\.0\\.0\\.1:\\d+ +up +serving +\\d+ms");
        registry.register(Instance.of("svc", "127.0.0.1", Ports.free()).withId("b"));
        assertThat(run("health", "svc").ends(1).lines().get(2))
                .contains("unreachable")
                .contains("UNAVAILABLE");
        health.setStatus("", ServingStatus.NOT_SERVING);
        assertThat(run("health", "svc").ends(1).lines().get(1)).contains("not_serving");
        run("health", "nosuch").fails(1, "\"nosuch\" has no instances");
    }

    @Test
    void describe_shows_the_shapes_of_each_version() {
        Value text = new Value("from", "string", List.of());
        registry.register(Instance.of("svc", "127.0.0.1", 1)
                .withMetadata("protocol", "grpc")
                .withEndpoints(List.of(new Endpoint(
                        "Greeter.Hello",
                        new Value("HelloRequest", "HelloRequest", List.of(text)),
                        new Value("HelloReply", "HelloReply", List.of()),
                        Map.of("stream", "true")))));
        registry.register(Instance.of("svc", "127.0.0.1", 2).withVersion("v2"));
        assertThat(run("describe", "svc").ends(0).lines())
                .containsExactly(
                        "version latest, 1 instance, grpc",
                        "  Greeter.Hello  stream=true",
                        "    request   HelloRequest {from string}",
                        "    response  HelloReply",
                        "version v2, 1 instance, unknown",
                        "  says nothing of its endpoints");
        run("describe", "nosuch").fails(1, "\"nosuch\" has no instances");
    }
}
