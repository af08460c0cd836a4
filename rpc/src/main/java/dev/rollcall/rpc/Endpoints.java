package dev.rollcall.rpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import dev.rollcall.Endpoint;
import dev.rollcall.Value;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The endpoints of gRPC services as go-micro's servers register them, with the shapes of their messages: what go-micro finds in
 * the Go code that is generated from the same {@code .proto} file, so that Go tools list a JVM service as they list a Go one.
 *
 * <p>Field names are those of the {@code .proto} file, types are Go's ({@code int64}, {@code []string}, {@code HelloRequest}), and
 * nesting ends at depth 3. A method that streams in any direction has the request {@code Context} and the response {@code
 * Stream}, since that is what Go sees of it. gRPC's own services (health, reflection) are left out. In order of their names.
 */
public final class Endpoints {
    private static final int DEPTH = 3;
    private static final Value CONTEXT = new Value("Context", "Context", List.of());
    private static final Value STREAM = new Value("Stream", "Stream", List.of());

    private Endpoints() {}

    public static List<Endpoint> of(Collection<ServerServiceDefinition> services) {
        return services.stream()
                .filter(service -> !service.getServiceDescriptor().getName().startsWith("grpc."))
                .flatMap(service -> service.getMethods().stream())
                .map(ServerMethodDefinition::getMethodDescriptor)
                .sorted(Comparator.comparing(Endpoints::shortName).thenComparing(Methods::endpoint))
                .map(Endpoints::endpoint)
                .toList();
    }

    private static String shortName(MethodDescriptor<?, ?> method) {
        String endpoint = Methods.endpoint(method);
        return endpoint.substring(0, endpoint.lastIndexOf('.'));
    }

    private static Endpoint endpoint(MethodDescriptor<?, ?> method) {
        String name = Methods.endpoint(method);
        if (method.getType() != MethodType.UNARY) {
            return new Endpoint(name, CONTEXT, STREAM, Map.of("stream", "true"));
        }
        if (method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema) {
            var described = schema.getMethodDescriptor();
            return new Endpoint(
                    name, message(described.getInputType(), 0), message(described.getOutputType(), 0), Map.of());
        }
        return Endpoint.of(name);
    }

    private static Value message(Descriptor type, int depth) {
        return new Value(goName(type), goName(type), depth + 1 < DEPTH ? fields(type, depth + 1) : List.of());
    }

    private static List<Value> fields(Descriptor type, int depth) {
        List<Value> values = new ArrayList<>();
        for (FieldDescriptor field : type.getFields()) {
            var oneof = field.getRealContainingOneof();
            if (oneof == null) {
                values.add(field(field, depth));
            } else if (oneof.getField(0) == field) {
                String name = "is" + goName(type) + '_' + camelCase(oneof.getName());
                values.add(new Value(name, name, List.of()));
            }
        }
        return values;
    }

    private static Value field(FieldDescriptor field, int depth) {
        if (field.isMapField()) {
            return new Value(field.getName(), "", List.of()); // a Go map type has no name
        }
        if (field.isRepeated()) {
            return new Value(field.getName(), "[]" + typeName(field), List.of());
        }
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            Value message = message(field.getMessageType(), depth);
            return new Value(field.getName(), message.type(), message.values());
        }
        return new Value(
                field.getName(),
                field.getType() == FieldDescriptor.Type.BYTES ? "[]uint8" : typeName(field),
                List.of());
    }

    private static String typeName(FieldDescriptor field) {
        return switch (field.getType()) {
            case DOUBLE -> "float64";
            case FLOAT -> "float32";
            case INT64, SINT64, SFIXED64 -> "int64";
            case UINT64, FIXED64 -> "uint64";
            case INT32, SINT32, SFIXED32 -> "int32";
            case UINT32, FIXED32 -> "uint32";
            case BOOL -> "bool";
            case STRING -> "string";
            case BYTES -> ""; // a slice, which has no name, so many of them are "[]"
            case ENUM -> goName(field.getEnumType());
            case MESSAGE, GROUP -> goName(field.getMessageType());
        };
    }

    private static String goName(GenericDescriptor type) {
        Descriptor outer = type instanceof Descriptor message
                ? message.getContainingType()
                : type instanceof EnumDescriptor values ? values.getContainingType() : null;
        String name = camelCase(type.getName());
        return outer == null ? name : goName(outer) + '_' + name;
    }

    /** As protoc-gen-go makes a Go name of a name in a {@code .proto} file: {@code reply_to} is {@code ReplyTo}. */
    private static String camelCase(String name) {
        StringBuilder camel = new StringBuilder(name.length());
        boolean upper = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean lower = c >= 'a' && c <= 'z';
            if (c == '_' && i > 0 && i + 1 < name.length() && name.charAt(i + 1) >= 'a' && name.charAt(i + 1) <= 'z') {
                upper = true;
            } else if (c == '_' && i == 0) {
                camel.append('X');
            } else {
                camel.append(upper && lower ? (char) (c - 'a' + 'A') : c);
                upper = c >= '0' && c <= '9';
            }
        }
        return camel.toString();
    }
}
