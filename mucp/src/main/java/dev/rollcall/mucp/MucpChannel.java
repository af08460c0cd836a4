package dev.rollcall.mucp;

import dev.rollcall.Address;
import dev.rollcall.rpc.PeerChannel;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** The channel to one instance that speaks mucp. */
final class MucpChannel extends PeerChannel {
    private final Address address;
    private final ConnectionPool pool;
    private final AtomicLong sequence = new AtomicLong();
    private volatile boolean closed;

    MucpChannel(Address address, int maxMessageBytes) {
        this.address = address;
        this.pool = new ConnectionPool(address, maxMessageBytes);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        Request<Q> request = new Request<>(method, options, address.toString(), sequence.getAndIncrement());
        return method.getType() == MethodType.UNARY
                ? new UnaryCall<>(this, pool, method, options, request)
                : new StreamCall<>(this, pool, method, options, request);
    }

    boolean closed() {
        return closed;
    }

    @Override
    public String authority() {
        return address.toString();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                pool.loop().execute(pool::close);
            } catch (RejectedExecutionException ended) {
                // The last connection took its event loop along.
            }
        }
    }
}
