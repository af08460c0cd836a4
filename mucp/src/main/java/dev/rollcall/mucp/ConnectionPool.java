package dev.rollcall.mucp;

import dev.rollcall.Address;
import dev.rollcall.Text;
import io.grpc.Status;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The connections to one address: those of unary calls are kept for the next call, those of streams are used once. Runs on one
 * event loop, which all its connections share, so that nothing here needs a lock.
 */
final class ConnectionPool {
    static final Status CLOSED = Status.UNAVAILABLE.withDescription("the channel was closed");
    static final int MOST = 100;
    static final int MOST_WAITING = 1000;
    static final int MOST_STREAMS = 1000;
    /** Less than any server's patience: go-micro's clients keep them as long, ours closes after 150 s. */
    private static final long IDLE_SECONDS = 60;

    private static final int CONNECT_MS = 5000;

    /** Who asked for a connection. Told once. */
    interface Waiter {
        void ready(ClientConnection connection);

        void failed(Status status);
    }

    private final Address address;
    private final ClientRuntime runtime;
    private final EventLoop loop;
    private final int maxMessageBytes;
    private final Deque<ClientConnection> idle = new ArrayDeque<>();
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private int open;
    private int connecting;
    private int streams;
    private boolean sweeping;
    private boolean closing;
    private boolean left;

    ConnectionPool(Address address, int maxMessageBytes) {
        this.address = address;
        this.maxMessageBytes = maxMessageBytes;
        this.runtime = ClientRuntime.join();
        this.loop = runtime.loop();
    }

    EventLoop loop() {
        return loop;
    }

    ClientRuntime runtime() {
        return runtime;
    }

    /** An idle connection or a new one; when there are as many as may be, the next that is given back. */
    void acquire(Waiter waiter) {
        if (left) {
            waiter.failed(CLOSED);
            return;
        }
        for (ClientConnection free = idle.pollLast(); free != null; free = idle.pollLast()) {
            if (free.reusable()) {
                waiter.ready(free);
                return;
            }
            Http.close(free.channel());
        }
        if (waiting.size() >= MOST_WAITING) {
            waiter.failed(Status.RESOURCE_EXHAUSTED.withDescription("calls to " + address + ": " + MOST_WAITING
                    + " wait for one of " + MOST + " connections already (expected: fewer)"));
            return;
        }
        waiting.add(waiter);
        connectIfNeeded();
    }

    /** Takes back what was asked for, if it has not been given yet. */
    void forget(Waiter waiter) {
        waiting.remove(waiter);
        leaveIfDone();
    }

    /** The call that had it is done. */
    void release(ClientConnection connection) {
        Waiter next = waiting.poll();
        if (!connection.reusable() || (next == null && closing)) {
            if (next != null) {
                waiting.addFirst(next);
            }
            Http.close(connection.channel());
            return;
        }
        connection.use(null);
        if (next != null) {
            next.ready(connection);
        } else {
            idle.add(connection);
            sweepLater();
        }
    }

    /** It is gone, whoever had it. */
    void closed(ClientConnection connection) {
        idle.remove(connection);
        if (connection.pooled()) {
            open--;
        } else {
            streams--;
        }
        connectIfNeeded();
        leaveIfDone();
    }

    private void connectIfNeeded() {
        while (waiting.size() > connecting && open < MOST) {
            open++;
            connecting++;
            connect(true, new Waiter() {
                @Override
                public void ready(ClientConnection connection) {
                    connecting--;
                    release(connection);
                }

                @Override
                public void failed(Status status) {
                    connecting--;
                    open--;
                    Waiter first = waiting.poll();
                    if (first != null) {
                        first.failed(status);
                    }
                    leaveIfDone();
                }
            });
        }
    }

    /** A connection for one stream, closed with it. */
    void openStream(Waiter waiter) {
        if (left) {
            waiter.failed(CLOSED);
            return;
        }
        if (streams >= MOST_STREAMS) {
            waiter.failed(Status.RESOURCE_EXHAUSTED.withDescription(
                    "streams to " + address + ": " + streams + " already (expected: fewer)"));
            return;
        }
        streams++;
        connect(false, new Waiter() {
            @Override
            public void ready(ClientConnection connection) {
                waiter.ready(connection);
            }

            @Override
            public void failed(Status status) {
                streams--;
                waiter.failed(status);
                leaveIfDone();
            }
        });
    }

    private void connect(boolean pooled, Waiter waiter) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(address.host());
        if (literal != null) {
            connect(new InetSocketAddress(byAddress(literal), address.port()), pooled, waiter);
            return;
        }
        try {
            runtime.callbacks()
                    .execute(
                            () -> { // resolving blocks
                                InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
                                loop.execute(() -> connect(resolved, pooled, waiter));
                            });
        } catch (RejectedExecutionException closed) {
            waiter.failed(CLOSED);
        }
    }

    private static InetAddress byAddress(byte[] literal) {
        try {
            return InetAddress.getByAddress(literal);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("4 or 16 bytes are an address", impossible);
        }
    }

    private void connect(InetSocketAddress to, boolean pooled, Waiter waiter) {
        if (to.isUnresolved()) {
            waiter.failed(Status.UNAVAILABLE.withDescription("connect to " + address + ": unknown host"));
            return;
        }
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ClientConnection connection = new ClientConnection(ConnectionPool.this, channel, pooled);
                        Http.client(channel, maxMessageBytes, connection);
                    }
                })
                .connect(to)
                .addListener((ChannelFuture done) -> {
                    if (done.isSuccess()) {
                        waiter.ready(done.channel().pipeline().get(ClientConnection.class));
                    } else {
                        waiter.failed(Status.UNAVAILABLE
                                .withDescription("connect to " + address + ": "
                                        + Text.plain(String.valueOf(done.cause().getMessage())))
                                .withCause(done.cause()));
                    }
                });
    }

    private void sweepLater() {
        if (!sweeping) {
            sweeping = true;
            var unused = loop.schedule(this::sweep, IDLE_SECONDS / 4, TimeUnit.SECONDS);
        }
    }

    private void sweep() {
        sweeping = false;
        long now = System.nanoTime();
        for (ClientConnection oldest = idle.peek();
                oldest != null && now - oldest.idleSince() > TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
                oldest = idle.peek()) {
            idle.poll();
            Http.close(oldest.channel());
        }
        if (!idle.isEmpty()) {
            sweepLater();
        }
    }

    /** Idle connections end now, others with their calls. */
    void close() {
        closing = true;
        for (ClientConnection free = idle.poll(); free != null; free = idle.poll()) {
            Http.close(free.channel());
        }
        leaveIfDone();
    }

    private void leaveIfDone() {
        if (closing && !left && open == 0 && streams == 0 && waiting.isEmpty()) {
            left = true;
            ClientRuntime.leave();
        }
    }
}
