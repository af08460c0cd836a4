package dev.rollcall.grpc;

import dev.rollcall.Address;
import dev.rollcall.rpc.ContentType;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.net.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The HTTP/2 connection for what grpc-java cannot send: calls of one message whose content
 * type is not plain {@code application/grpc}. */
final class Http2Peer {
    /** As go-micro's dial timeout. */
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private static final Duration IDLE = Duration.ofMinutes(1);
    private static final Duration AFTER_DEADLINE = Duration.ofMillis(200);
    private static final int MOST_CALLS = 1000;

    /** Waits for answers and runs the callbacks of callers without an executor of their own. */
    static final ExecutorService THREADS =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread made = new Thread(task, "rollcall-http2");
                made.setDaemon(true);
                return made;
            });

    private final Address address;
    private final OkHttpClient client;

    Http2Peer(Address address) {
        this.address = address;
        Dispatcher dispatcher = new Dispatcher(THREADS);
        dispatcher.setMaxRequests(MOST_CALLS);
        dispatcher.setMaxRequestsPerHost(MOST_CALLS);
        client = new OkHttpClient.Builder()
                .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
                .dispatcher(dispatcher)
                .connectionPool(new ConnectionPool(1, IDLE.toMillis(), TimeUnit.MILLISECONDS))
                .connectTimeout(CONNECT)
                .readTimeout(Duration.ZERO)
                .writeTimeout(Duration.ZERO)
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .proxy(Proxy.NO_PROXY)
                .addInterceptor(Http2Peer::untilDeadline)
                .eventListenerFactory(Http2Peer::sent)
                .build();
    }

    /** Ends the call when the deadline is over; a little later, so that {@link #untilDeadline} comes first. */
    static void limit(Call call, @Nullable Deadline deadline) {
        if (deadline != null) {
            long left = Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS));
            call.timeout().timeout(left + AFTER_DEADLINE.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** When reading times out, OkHttp asks the connection whether it is alive and gives it up if not; a call that ends it keeps. */
    private static Response untilDeadline(Interceptor.Chain chain) throws IOException {
        Deadline deadline = chain.request().tag(Deadline.class);
        if (deadline == null) {
            return chain.proceed(chain.request());
        }
        long left = Math.max(1, deadline.timeRemaining(TimeUnit.MILLISECONDS));
        return chain.withReadTimeout((int) Math.min(left, Integer.MAX_VALUE), TimeUnit.MILLISECONDS)
                .proceed(chain.request());
    }

    private static EventListener sent(Call call) {
        Runnable sent = call.request().tag(Runnable.class);
        return sent == null
                ? EventListener.NONE
                : new EventListener() {
                    @Override
                    public void requestBodyStart(Call started) {
                        sent.run();
                    }
                };
    }

    <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options, ContentType type) {
        return new Http2Call<>(this, method, options, type);
    }

    Call call(okhttp3.Request.Builder request, String path, CallOptions options) {
        HttpUrl url = new HttpUrl.Builder()
                .scheme("http")
                .host(address.host())
                .port(address.port())
                .addPathSegments(path)
                .build();
        return client.newCall(request.url(url)
                .tag(Runnable.class, options.getOption(PeerChannel.SENT))
                .build());
    }

    void close() {
        client.connectionPool().evictAll();
    }
}
