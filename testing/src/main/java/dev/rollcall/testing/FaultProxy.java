package dev.rollcall.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on the loopback address that hurts the connections through it, live: cut, black hole, delay, reset after so many
 * bytes. Faults add up until {@link #heal()}.
 *
 * <p>Any thread may switch faults. A fault holds for the connections there are and for new ones. Its threads are daemons and end
 * with {@link #close()}.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(etcd.endpoint())) {
 *     connect(proxy.endpoint());
 *     proxy.blackHole(Direction.TO_CLIENT);
 *     proxy.heal();
 * }
 * }</pre>
 */
public final class FaultProxy implements AutoCloseable {
    /** The two ways bytes go through the proxy. */
    public enum Direction {
        /** From the client to the target. */
        TO_TARGET,
        /** From the target back to the client. */
        TO_CLIENT
    }

    private final int port;
    private final Map<Direction, FaultLane> lanes = new EnumMap<>(Direction.class);
    private final Set<FaultConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile String target;
    private @Nullable ServerSocket listening;
    /** Bound, but not listening: connections are refused, and nobody else takes the port meanwhile. */
    private @Nullable Socket placeholder;

    private boolean closed;

    private FaultProxy(String target) {
        this.port = Ports.free();
        this.target = target;
        for (Direction direction : Direction.values()) {
            lanes.put(direction, new FaultLane(this::reset));
        }
        listen();
    }

    /** Forwards to {@code host:port} from a free port. */
    public static FaultProxy to(String target) {
        return new FaultProxy(target);
    }

    /** Where clients connect, {@code 127.0.0.1:port}; stays the same. */
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    /** How many connections were accepted since the proxy began. */
    public int accepted() {
        return accepted.get();
    }

    /** How many connections are open now. */
    public int open() {
        return connections.size();
    }

    /** How many bytes were forwarded. */
    public long forwarded(Direction direction) {
        return lane(direction).forwarded();
    }

    /** Sends new connections to another {@code host:port}; those there are stay. */
    public void retarget(String changed) {
        target = changed;
    }

    /** Resets all connections and refuses new ones, as a host whose process died. */
    public synchronized void cut() {
        unlisten();
        reset();
    }

    /** Resets all connections once; new ones are welcome. */
    public void reset() {
        List.copyOf(connections).forEach(FaultConnection::reset); // not those that come because of it
    }

    /** Ends all connections once without an error (FIN), as a load balancer's idle timeout; new ones are welcome. */
    public void end() {
        List.copyOf(connections).forEach(FaultConnection::end);
    }

    /**
     * Forwards nothing more, both ways: connections are accepted and stay open, and nobody hears anything, not even an end. What was
     * sent meanwhile arrives after {@link #heal()}, as TCP would send it again.
     */
    public void blackHole() {
        lanes.values().forEach(lane -> lane.stall(true));
    }

    /** A black hole in one direction. */
    public void blackHole(Direction direction) {
        lane(direction).stall(true);
    }

    /** Delays everything by so much, both ways; the bandwidth stays. */
    public void delay(Duration delay) {
        lanes.values().forEach(lane -> lane.delay(delay));
    }

    /** Delays one direction. */
    public void delay(Direction direction, Duration delay) {
        lane(direction).delay(delay);
    }

    /** Forwards so many more bytes in this direction, over all connections, then resets all connections once. */
    public void resetAfter(Direction direction, long bytes) {
        lane(direction).resetAfter(bytes);
    }

    /** Ends all faults. */
    public synchronized void heal() {
        lanes.values().forEach(FaultLane::heal);
        if (listening == null && !closed) {
            listen();
        }
    }

    /** Resets all connections and stops listening. Closing twice does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        cut();
        releasePort();
    }

    @Override
    public String toString() {
        return "proxy " + endpoint() + " -> " + target;
    }

    private FaultLane lane(Direction direction) {
        return Objects.requireNonNull(lanes.get(direction));
    }

    private void listen() {
        releasePort();
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_024);
            listening = socket;
            Daemons.start("fault-proxy-" + port, () -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(this + ": " + e.getMessage(), e);
        }
    }

    private void unlisten() {
        ServerSocket socket = listening;
        listening = null;
        if (socket != null) {
            Sockets.close(socket);
            keepPort();
        }
    }

    /** So that no other test takes the port; the listening socket may need a moment to let go of it. */
    private void keepPort() {
        for (int tries = 0; tries < 100 && !closed; tries++) {
            Socket bound = new Socket();
            try {
                bound.setReuseAddress(true);
                bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                placeholder = bound;
                return;
            } catch (IOException notYet) {
                Sockets.close(bound);
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void releasePort() {
        Socket bound = placeholder;
        placeholder = null;
        if (bound != null) {
            Sockets.close(bound);
        }
    }

    private void accept(ServerSocket socket) {
        while (true) {
            try {
                admit(socket, socket.accept());
            } catch (IOException cut) {
                return;
            }
        }
    }

    private synchronized void admit(ServerSocket socket, Socket client) {
        if (listening != socket) {
            Sockets.reset(client);
            return;
        }
        accepted.incrementAndGet();
        FaultConnection connection = new FaultConnection(
                client, List.of(lane(Direction.TO_TARGET), lane(Direction.TO_CLIENT)), connections::remove);
        connections.add(connection);
        connection.start(target);
    }
}
