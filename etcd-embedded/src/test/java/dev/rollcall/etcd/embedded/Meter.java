package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts calls and open watchers from outside, and writes them as etcd writes its metrics. Any thread. */
final class Meter implements ServerInterceptor {
    private final Map<String, AtomicLong> calls = new ConcurrentHashMap<>();
    private final AtomicLong watchers = new AtomicLong();

    String text() {
        StringBuilder text = new StringBuilder("etcd_server_is_leader 1\n");
        text.append("etcd_debugging_mvcc_watcher_total ").append(watchers).append('\n');
        calls.forEach((method, count) -> text.append("grpc_server_started_total{grpc_method=\"")
                .append(method)
                .append("\"} ")
                .append(count)
                .append('\n'));
        return text.toString();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        calls.computeIfAbsent(method, none -> new AtomicLong()).incrementAndGet();
        Open open = new Open();
        ServerCall<Q, A> counted = new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(A message) {
                if (message instanceof WatchResponse response) {
                    open.see(response);
                }
                super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
                open.end();
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
            @Override
            public void onCancel() {
                open.end();
                super.onCancel();
            }
        };
    }

    /** The watchers of one call. */
    private final class Open {
        private final Set<Long> ids = new HashSet<>();
        private boolean ended;

        synchronized void see(WatchResponse response) {
            if (!ended && response.getCanceled()) {
                watchers.addAndGet(ids.remove(response.getWatchId()) ? -1 : 0);
            } else if (!ended && response.getCreated()) {
                watchers.addAndGet(ids.add(response.getWatchId()) ? 1 : 0);
            }
        }

        synchronized void end() {
            ended = true;
            watchers.addAndGet(-ids.size());
            ids.clear();
        }
    }
}
