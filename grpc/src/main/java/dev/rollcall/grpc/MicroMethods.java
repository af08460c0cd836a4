package dev.rollcall.grpc;

import dev.rollcall.Text;
import dev.rollcall.rpc.Methods;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the method of a call whose path names no service exactly, as go-micro does: by the last label of the service, {@code
 * any.prefix.Greeter/Hello}. What is not there is answered in go-micro's words.
 */
final class MicroMethods extends HandlerRegistry {
    private final Methods methods;

    MicroMethods(List<ServerServiceDefinition> services) {
        methods = Methods.of(services);
    }

    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
        int slash = name.indexOf('/');
        if (slash <= 0 || slash == name.length() - 1 || slash != name.lastIndexOf('/')) {
            return refusing(
                    Status.INVALID_ARGUMENT.withDescription("malformed method name: " + Text.quote("/" + name)));
        }
        String endpoint = Methods.endpoint(name);
        ServerMethodDefinition<?, ?> found = methods.find(endpoint);
        if (found != null) {
            return found;
        }
        String service = name.substring(name.lastIndexOf('.', slash) + 1, slash);
        String unknown = methods.hasService(service) ? endpoint : service;
        return refusing(Status.UNIMPLEMENTED.withDescription("unknown service " + Text.plain(unknown)));
    }

    private static ServerMethodDefinition<?, ?> refusing(Status status) {
        return ServerMethodDefinition.create(
                MethodDescriptor.newBuilder(MicroMethod.AS_IT_IS, MicroMethod.AS_IT_IS)
                        .setFullMethodName("unknown/unknown")
                        .setType(MethodType.UNKNOWN)
                        .build(),
                (ServerCall<InputStream, InputStream> call, Metadata headers) -> {
                    call.close(status, new Metadata());
                    return new ServerCall.Listener<>() {};
                });
    }
}
