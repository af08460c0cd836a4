package dev.rollcall.grpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** Sends gRPC requests byte for byte, over HTTP/2 in clear text. */
final class RawHttp2 implements AutoCloseable {
    /** What came back; messages without their five bytes of framing. */
    record Answer(int http, Headers headers, List<byte[]> messages, Headers trailers) {
        int status() {
            String status =
                    trailers.get("grpc-status") == null ? headers.get("grpc-status") : trailers.get("grpc-status");
            return status == null ? -1 : Integer.parseInt(status);
        }

        String message() {
            String message =
                    trailers.get("grpc-message") == null ? headers.get("grpc-message") : trailers.get("grpc-message");
            return message == null ? "" : URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        @Nullable
        String trailer(String name) {
            return trailers.get(name) == null ? headers.get(name) : trailers.get(name);
        }
    }

    private final OkHttpClient client = new OkHttpClient.Builder()
            .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
            .callTimeout(Duration.ofSeconds(30))
            .readTimeout(Duration.ofSeconds(30))
            .build();
    private final int port;

    RawHttp2(int port) {
        this.port = port;
    }

    /** Headers as alternating names and values; content-type among them. */
    Answer call(String path, Headers headers, byte[]... messages) throws IOException {
        return send(path, headers, new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return null;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                for (byte[] message : messages) {
                    sink.write(framed(message));
                }
            }
        });
    }

    /** As go-micro's stream clients do: sends the message and does not half-close until the answer is there. */
    Answer callWithoutHalfClose(String path, Headers headers, byte[] message) throws IOException {
        CountDownLatch answered = new CountDownLatch(1);
        BufferedSink[] open = new BufferedSink[1];
        Request request = request(path, headers, new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return null;
            }

            @Override
            public boolean isDuplex() {
                return true;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                open[0] = sink;
                sink.write(framed(message));
                sink.flush();
                answered.countDown();
            }
        });
        try (Response response = client.newCall(request).execute()) {
            if (!answered.await(30, TimeUnit.SECONDS)) {
                throw new IOException("not sent");
            }
            Answer answer = read(response);
            open[0].close();
            return answer;
        } catch (InterruptedException cut) {
            throw new IOException(cut);
        }
    }

    private Answer send(String path, Headers headers, RequestBody body) throws IOException {
        try (Response response = client.newCall(request(path, headers, body)).execute()) {
            return read(response);
        }
    }

    private Request request(String path, Headers headers, RequestBody body) {
        return new Request.Builder()
                .url("http://127.0.0.1:" + port + path)
                .headers(headers.newBuilder().add("te", "trailers").build())
                .post(body)
                .build();
    }

    private static Answer read(Response response) throws IOException {
        byte[] body = response.body().bytes();
        List<byte[]> messages = new ArrayList<>();
        if (String.valueOf(response.header("content-type")).startsWith("application/grpc")) {
            ByteBuffer frames = ByteBuffer.wrap(body);
            while (frames.remaining() >= 5) {
                frames.get();
                byte[] message = new byte[frames.getInt()];
                frames.get(message);
                messages.add(message);
            }
        }
        return new Answer(response.code(), response.headers(), messages, response.trailers());
    }

    static byte[] framed(byte[] message) {
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        framed.writeBytes(
                ByteBuffer.allocate(5).put((byte) 0).putInt(message.length).array());
        framed.writeBytes(message);
        return framed.toByteArray();
    }

    @Override
    public void close() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}
