package dev.rollcall.rpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a server by go-micro's endpoint names, {@code Greeter.Hello}: of a service's full name only the last label counts.
 *
 * <p>Immutable.
 */
public final class Methods {
    private final Map<String, ServerMethodDefinition<?, ?>> byEndpoint = new LinkedHashMap<>();

    /**
     * The methods of these services.
     *
     * @throws IllegalArgumentException when two have the same endpoint name
     */
    public static Methods of(Collection<ServerServiceDefinition> services) {
        return new Methods(services);
    }

    private Methods(Collection<ServerServiceDefinition> services) {
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                String endpoint = endpoint(method.getMethodDescriptor());
                if (byEndpoint.putIfAbsent(endpoint, method) != null) {
                    throw new IllegalArgumentException(
                            "endpoint: " + endpoint + " is there twice (expected: one service of each short name)");
                }
            }
        }
    }

    /** The method of an endpoint {@code Greeter.Hello}; a longer name counts by its last two labels. */
    public @Nullable ServerMethodDefinition<?, ?> find(String endpoint) {
        int method = endpoint.lastIndexOf('.');
        int service = endpoint.lastIndexOf('.', method - 1);
        return byEndpoint.get(service < 0 ? endpoint : endpoint.substring(service + 1));
    }

    /** Whether a service of this short name is there. */
    public boolean hasService(String shortName) {
        return services().contains(shortName);
    }

    private Set<String> services() {
        return byEndpoint.keySet().stream()
                .map(endpoint -> endpoint.substring(0, endpoint.lastIndexOf('.')))
                .collect(Collectors.toSet());
    }

    /** All methods. */
    public Collection<ServerMethodDefinition<?, ?>> all() {
        return byEndpoint.values();
    }

    /** {@code Greeter.Hello} for a method {@code some.pkg.Greeter/Hello}. */
    public static String endpoint(MethodDescriptor<?, ?> method) {
        return endpoint(method.getFullMethodName());
    }

    /** As {@link #endpoint(MethodDescriptor)}, for the full name of a method. */
    public static String endpoint(String fullMethodName) {
        int slash = fullMethodName.lastIndexOf('/');
        int label = fullMethodName.lastIndexOf('.', slash);
        return fullMethodName.substring(label + 1, slash) + '.' + fullMethodName.substring(slash + 1);
    }

    /**
     * A method known only by its endpoint name, for calls without generated code: messages are bytes, sent as they are.
     *
     * @param service the name that go-micro puts before the endpoint, {@code hello.srv.say}; may be empty
     * @param endpoint {@code Greeter.Hello}
     * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT when the endpoint has another form
     */
    public static MethodDescriptor<byte[], byte[]> raw(String service, String endpoint, MethodType type) {
        int dot = endpoint.lastIndexOf('.');
        if (dot <= 0 || dot == endpoint.length() - 1) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("endpoint: \"" + endpoint + "\" (expected: Service.Method)")
                    .asRuntimeException();
        }
        String full = (service.isEmpty() ? "" : service + '.') + endpoint.substring(0, dot);
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(full, endpoint.substring(dot + 1)))
                .setRequestMarshaller(Bytes.INSTANCE)
                .setResponseMarshaller(Bytes.INSTANCE)
                .build();
    }

    private enum Bytes implements Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException cut) {
                throw Status.INTERNAL
                        .withDescription("message: cut short")
                        .withCause(cut)
                        .asRuntimeException();
            }
        }
    }
}
