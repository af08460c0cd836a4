package dev.rollcall.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.rollcall.ConfigurationException;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.Text;
import dev.rollcall.rpc.MicroError;
import dev.rollcall.rpc.ServiceChannel;
import dev.rollcall.spi.DurationText;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rollcall call SERVICE ENDPOINT JSON}: calls a method of a registered instance, in whatever protocol it speaks. */
@Command(
        name = "call",
        header = "Calls an endpoint of a service with JSON and prints the answer as JSON, one line per message.",
        sortOptions = false,
        abbreviateSynopsis = true,
        footer = {
            "",
            "go-micro's instances and ours take JSON as it is. Of another gRPC server the message types must be known: by its",
            "reflection service, or by --proto or --descriptor.",
            "",
            "  rollcall call hello.srv.say Greeter.Hello '{\"from\":\"me\",\"to\":\"you\"}'"
        })
final class CallCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(index = "0", paramLabel = "SERVICE", description = "its name, hello.srv.say")
    private String service = "";

    @Parameters(index = "1", paramLabel = "ENDPOINT", description = "Greeter.Hello")
    private String endpoint = "";

    @Parameters(index = "2", paramLabel = "JSON", arity = "0..1", description = "the request (default: {})")
    private String request = "{}";

    @Option(names = "--id", paramLabel = "ID", description = "call this instance only")
    private @Nullable String id;

    @Option(names = "--metadata", paramLabel = "KEY=VALUE", description = "sent with the call; may be repeated")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(names = "--deadline", paramLabel = "DURATION", description = "for the whole call: 500ms, ... (default: 5s)")
    private String deadline = "5s";

    @Option(names = "--proto", paramLabel = "FILE", description = "a .proto file with the service")
    private @Nullable Path proto;

    @Option(
            names = "--descriptor",
            paramLabel = "FILE",
            description = "a descriptor set: protoc --include_imports --descriptor_set_out FILE ...")
    private @Nullable Path descriptor;

    CallCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        checkJson();
        Duration atMost = DurationText.parse("deadline", deadline);
        Descriptors given = given();
        try (Rollcall rollcall = cli.connect();
                ServiceView view = rollcall.service(service);
                ServiceChannel all = ServiceChannel.over(view)) {
            ServiceView chosen =
                    id == null ? view : view.where(instance -> instance.id().equals(id));
            Instance instance = chosen.pick();
            // which way the call goes depends on the instance, so it goes to this one; a dead one is not worth a retry
            // here
            ServiceChannel channel = all.with(view.where(other -> other.id().equals(instance.id())));
            DynamicCall call = new DynamicCall(channel, metadata, atMost);
            make(call, given, instance, channel, atMost);
            return Cli.OK;
        } catch (NoInstanceException nothing) {
            cli.console().note(id == null ? String.valueOf(nothing.getMessage()) : nothing.getMessage() + ", id " + id);
            return Cli.FAILED;
        } catch (StatusRuntimeException refused) {
            cli.console().note(problem(refused));
            return Cli.FAILED;
        }
    }

    private void checkJson() {
        try (JsonParser parser = new JsonFactory().createParser(request)) {
            parser.nextToken();
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw new ConfigurationException("request: " + Text.quote(request) + " (expected: one JSON document)");
            }
        } catch (IOException malformed) {
            throw new ConfigurationException("request: " + Text.quote(request) + " (expected: JSON): "
                    + Show.line(String.valueOf(malformed.getMessage())));
        }
    }

    private @Nullable Descriptors given() {
        if (proto != null) {
            return Descriptors.ofProto(proto);
        }
        return descriptor == null ? null : Descriptors.ofSet(descriptor);
    }

    private void make(
            DynamicCall call, @Nullable Descriptors given, Instance instance, ServiceChannel channel, Duration atMost) {
        Consumer<String> reply = cli.console()::print;
        boolean mucp = "mucp".equals(instance.metadata().get("protocol"));
        boolean streams = instance.endpoints().stream()
                .filter(known -> known.name().equals(endpoint))
                .map(Endpoint::metadata)
                .anyMatch(known -> "true".equals(known.get("stream")));
        boolean takesJson = mucp || instance.metadata().containsKey("server");
        if (given != null) {
            MethodDescriptor method = given.method(endpoint)
                    .orElseThrow(() -> new ConfigurationException("endpoint: " + Text.quote(endpoint)
                            + " (expected: a method of a service in the file given)"));
            call.described(method, request, reply);
        } else if (takesJson) {
            try {
                call.json(service, endpoint, streams, request, reply);
            } catch (StatusRuntimeException refused) {
                if (mucp || refused.getStatus().getCode() != Code.UNIMPLEMENTED) {
                    throw refused;
                }
                call.described(reflected(channel, atMost), request, reply); // gRPC's own services take no JSON
            }
        } else {
            call.described(reflected(channel, atMost), request, reply);
        }
    }

    private MethodDescriptor reflected(ServiceChannel channel, Duration atMost) {
        int dot = endpoint.lastIndexOf('.');
        try {
            return new Reflection(channel, atMost)
                    .service(dot < 0 ? endpoint : endpoint.substring(0, dot))
                    .flatMap(descriptors -> descriptors.method(endpoint))
                    .orElseThrow(() -> Status.UNIMPLEMENTED
                            .withDescription("endpoint: " + Text.quote(endpoint)
                                    + " (expected: one that the instance's reflection lists)")
                            .asRuntimeException());
        } catch (StatusRuntimeException refused) {
            boolean none = refused.getStatus().getCode() == Code.UNIMPLEMENTED
                    && !String.valueOf(refused.getStatus().getDescription()).matches("(endpoint|protocol of).*");
            throw none
                    ? new ConfigurationException("the types of " + Text.quote(endpoint) + " are not known: the instance"
                            + " says nothing of taking JSON and offers no reflection"
                            + " (expected: --proto FILE or --descriptor FILE)")
                    : refused;
        }
    }

    /** On one line: the code and what the peer said. */
    static String problem(StatusRuntimeException refused) {
        Status status = refused.getStatus();
        return MicroError.from(refused)
                .map(error -> status.getCode() + ": " + Show.line(error.detail()) + " (" + error.code() + " "
                        + Show.line(error.status()) + ", from " + Show.line(error.id()) + ")")
                .orElseGet(() -> status.getCode() + ": " + Show.line(String.valueOf(status.getDescription())));
    }
}
