package dev.rollcall.grpc;

import dev.rollcall.Text;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.MessageCodec;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Response;
import okio.BufferedSource;

/** Reads the answer to one call, on a thread that waits for it: headers, messages as fast as the caller wants them, trailers. */
final class Http2Answer<Q, R> implements Callback {
    private static final int FRAME = 5;
    private static final int LONGEST_TEXT = 200;

    private final Http2Call<Q, R> call;
    private final MethodDescriptor<Q, R> method;
    private final ContentType type;
    private final int limit;

    Http2Answer(Http2Call<Q, R> call, MethodDescriptor<Q, R> method, CallOptions options, ContentType type) {
        this.call = call;
        this.method = method;
        this.type = type;
        Integer given = options.getMaxInboundMessageSize();
        this.limit = given == null ? GrpcServiceHost.LARGEST_MESSAGE : given;
    }

    @Override
    public void onFailure(Call failed, IOException e) {
        call.end(call.failed(e));
    }

    @Override
    public void onResponse(Call answered, Response response) {
        try (response) {
            read(response);
        } catch (IOException cut) {
            call.end(call.failed(cut));
        } catch (StatusRuntimeException unreadable) {
            call.end(unreadable.getStatus());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            call.end(Status.CANCELLED.withCause(ended));
        } catch (RuntimeException unexpected) {
            call.end(Status.INTERNAL.withDescription("answer: not readable").withCause(unexpected));
        }
    }

    private void read(Response response) throws IOException, InterruptedException {
        String contentType = String.valueOf(response.header("content-type"));
        BufferedSource body = response.body().source();
        if (response.code() != 200 || !contentType.startsWith("application/grpc")) {
            body.request(LONGEST_TEXT);
            call.end(HttpHeaders.status(response.code())
                    .withDescription("answer: HTTP " + response.code() + ", " + Text.quote(contentType)
                            + " (expected: 200, application/grpc): "
                            + Text.plain(body.getBuffer().snapshot().utf8())));
            return;
        }
        Metadata headers = HttpHeaders.metadata(response.headers());
        boolean messages = messages(body, headers);
        boolean onlyTrailers = response.trailers().size() == 0;
        Metadata trailers = onlyTrailers ? headers : HttpHeaders.metadata(response.trailers());
        Status status = HttpHeaders.status(trailers);
        if (status.isOk() && !messages && method.getType().serverSendsOneMessage()) {
            call.end(Status.INTERNAL.withDescription("answer: no message (expected: one)"));
        } else {
            call.end(status, trailers);
        }
    }

    private boolean messages(BufferedSource body, Metadata headers) throws IOException, InterruptedException {
        MessageCodec<R> codec = MessageCodec.of(method.getResponseMarshaller());
        boolean any = false;
        while (!body.exhausted()) {
            if (any && method.getType().serverSendsOneMessage()) {
                throw Status.INTERNAL
                        .withDescription("answer: two messages (expected: one)")
                        .asRuntimeException();
            }
            if (!any) {
                call.answered(headers);
            }
            any = true;
            R message = codec.read(type, message(body));
            if (!call.wanted()) {
                throw call.overdue().asRuntimeException();
            }
            call.received(message);
        }
        return any;
    }

    private byte[] message(BufferedSource body) throws IOException {
        body.require(FRAME);
        byte compressed = body.readByte();
        int length = body.readInt();
        if (compressed != 0) {
            throw Status.INTERNAL
                    .withDescription("answer: compressed, which nobody asked for")
                    .asRuntimeException();
        }
        if (length < 0 || length > limit) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("answer: a message of " + Integer.toUnsignedString(length)
                            + " bytes (expected: at most " + limit + ")")
                    .asRuntimeException();
        }
        return body.readByteArray(length);
    }
}
