package dev.rollcall.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Endpoint;
import dev.rollcall.Value;
import dev.rollcall.rpc.test.AviaryGrpc;
import dev.rollcall.rpc.test.GreeterGrpc;
import dev.rollcall.rpc.test.ZooGrpc;
import io.grpc.BindableService;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EndpointsTest {
    private static List<Endpoint> of(BindableService... services) {
        return Endpoints.of(
                Arrays.stream(services).map(BindableService::bindService).toList());
    }

    private static Value value(String name, String type, Value... fields) {
        return new Value(name, type, List.of(fields));
    }

    @Test
    void services_and_then_methods_are_in_order_of_their_names() {
        assertThat(of(new ZooGrpc.ZooImplBase() {}, new AviaryGrpc.AviaryImplBase() {}))
                .extracting(Endpoint::name)
                .containsExactly("Aviary.Visit", "Zoo.Feed", "Zoo.Visit", "Zoo.Watch");
    }

    @Test
    void a_unary_method_has_the_shapes_of_its_messages() {
        Value message = value(
                "HelloRequest", "HelloRequest", value("from", "string"), value("to", "string"), value("msg", "string"));
        Endpoint hello = of(new GreeterGrpc.GreeterImplBase() {}).get(2);

        assertThat(hello.name()).isEqualTo("Greeter.Hello");
        assertThat(hello.request()).isEqualTo(message);
        assertThat(Objects.requireNonNull(hello.response()).name()).isEqualTo("HelloReply");
        assertThat(hello.metadata()).isEmpty();
    }

    @Test
    void a_method_that_streams_has_what_go_sees_of_it() {
        Endpoint stream = new Endpoint(
                "Greeter.Chat", value("Context", "Context"), value("Stream", "Stream"), Map.of("stream", "true"));

        assertThat(of(new GreeterGrpc.GreeterImplBase() {}).get(0)).isEqualTo(stream);
    }

    @Test
    void types_are_named_as_in_go_and_nesting_ends_at_the_third_level() {
        Value nested = value("one", "Nested", value("deeper", "Deeper"), value("name", "string"));
        Value shapes =
                Objects.requireNonNull(of(new ZooGrpc.ZooImplBase() {}).get(0).request());

        assertThat(shapes.values())
                .containsExactly(
                        value("text", "string"),
                        value("long_number", "int64"),
                        value("number", "int32"),
                        value("big", "uint64"),
                        value("fixed", "uint32"),
                        value("yes", "bool"),
                        value("precise", "float64"),
                        value("rough", "float32"),
                        value("raw", "[]uint8"),
                        value("names", "[]string"),
                        value("many", "[]Nested"),
                        value("counts", ""),
                        value("colour", "Colour"),
                        nested,
                        value("maybe", "string"),
                        value("isShapes_EitherOr", "isShapes_EitherOr"),
                        value("inner", "Shapes_Inner", value("kind", "Shapes_Inner_Kind")),
                        value("raws", "[]"));
    }
}
