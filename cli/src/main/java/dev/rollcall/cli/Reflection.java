package dev.rollcall.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a gRPC server says of itself by its reflection service: v1, or v1alpha, which has the same messages, of an older one. */
final class Reflection {
    private static final int MOST_FILES = 1_000;

    private final Channel channel;
    private final Duration atMost;
    private MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> method =
            ServerReflectionGrpc.getServerReflectionInfoMethod();

    Reflection(Channel channel, Duration atMost) {
        this.channel = channel;
        this.atMost = atMost;
    }

    /**
     * The descriptors of a service, by its name or the name's last label; empty when the server has none of that name.
     *
     * @throws StatusRuntimeException UNIMPLEMENTED when the server offers no reflection
     */
    Optional<Descriptors> service(String name) {
        String label = name.substring(name.lastIndexOf('.') + 1);
        List<String> names = list().getListServicesResponse().getServiceList().stream()
                .map(ServiceResponse::getName)
                .toList();
        return names.stream()
                .filter(name::equals)
                .findFirst()
                .or(() -> names.stream()
                        .filter(each ->
                                each.substring(each.lastIndexOf('.') + 1).equals(label))
                        .findFirst())
                .map(this::describe);
    }

    private ServerReflectionResponse list() {
        ServerReflectionRequest.Builder request =
                ServerReflectionRequest.newBuilder().setListServices("");
        try {
            return ask(request);
        } catch (StatusRuntimeException refused) {
            if (refused.getStatus().getCode() != Code.UNIMPLEMENTED) {
                throw refused;
            }
            method = method.toBuilder()
                    .setFullMethodName("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
                    .build();
            return ask(request);
        }
    }

    private Descriptors describe(String service) {
        Map<String, FileDescriptorProto> files = new HashMap<>();
        Deque<String> missing = new ArrayDeque<>();
        take(ask(ServerReflectionRequest.newBuilder().setFileContainingSymbol(service)), files, missing);
        while (!missing.isEmpty() && files.size() < MOST_FILES) {
            String file = missing.poll();
            if (!files.containsKey(file)) {
                take(ask(ServerReflectionRequest.newBuilder().setFileByFilename(file)), files, missing);
            }
        }
        return Descriptors.of(files.values());
    }

    private static void take(
            ServerReflectionResponse response, Map<String, FileDescriptorProto> files, Deque<String> missing) {
        try {
            for (ByteString bytes : response.getFileDescriptorResponse().getFileDescriptorProtoList()) {
                FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
                files.put(file.getName(), file);
                missing.addAll(file.getDependencyList());
            }
        } catch (InvalidProtocolBufferException malformed) {
            throw Status.INTERNAL
                    .withDescription("reflection: a descriptor that cannot be read")
                    .asRuntimeException();
        }
        missing.removeIf(files::containsKey);
    }

    private ServerReflectionResponse ask(ServerReflectionRequest.Builder request) {
        BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(atMost.toMillis(), TimeUnit.MILLISECONDS);
        StreamObserver<ServerReflectionRequest> requests =
                ClientCalls.asyncBidiStreamingCall(channel.newCall(method, options), new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        answers.add(response);
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        answers.add(Status.fromThrowable(thrown));
                    }

                    @Override
                    public void onCompleted() {
                        answers.add(Status.INTERNAL.withDescription("reflection: no answer"));
                    }
                });
        requests.onNext(request.build());
        requests.onCompleted();
        Object answer;
        try {
            answer = answers.take(); // the call's deadline ends this
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.asRuntimeException();
        }
        if (answer instanceof ServerReflectionResponse response && !response.hasErrorResponse()) {
            return response;
        }
        throw answer instanceof ServerReflectionResponse refused
                ? Status.fromCodeValue(refused.getErrorResponse().getErrorCode())
                        .withDescription(refused.getErrorResponse().getErrorMessage())
                        .asRuntimeException()
                : ((Status) answer).asRuntimeException();
    }
}
