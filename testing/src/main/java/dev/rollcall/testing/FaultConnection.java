package dev.rollcall.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One connection through a {@link FaultProxy}: two pumps, each a thread that reads and one that writes when the lane lets it. */
final class FaultConnection {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int CHUNK = 16 * 1024;
    private static final int QUEUED_CHUNKS = 256;

    /** What one side sent, or that it ended ({@code length} 0) or broke. */
    private static final class Chunk {
        final byte[] bytes;
        final int length;
        final boolean broken;
        final long arrivedNanos = System.nanoTime();

        Chunk(byte[] bytes, int length, boolean broken) {
            this.bytes = bytes;
            this.length = length;
            this.broken = broken;
        }
    }

    private final Socket client;
    private final Socket target = new Socket();
    private final List<FaultLane> lanes;
    private final Consumer<FaultConnection> ended;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger directionsLeft = new AtomicInteger(2);

    FaultConnection(Socket client, List<FaultLane> lanes, Consumer<FaultConnection> ended) {
        this.client = client;
        this.lanes = lanes;
        this.ended = ended;
    }

    void start(String endpoint) {
        Daemons.start("fault-proxy-connection", () -> {
            int colon = endpoint.lastIndexOf(':');
            try {
                target.connect(
                        new InetSocketAddress(
                                endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1))),
                        CONNECT_MILLIS);
                client.setTcpNoDelay(true);
                target.setTcpNoDelay(true);
            } catch (IOException noTarget) {
                reset();
                return;
            }
            pump(client, target, lanes.get(0));
            pump(target, client, lanes.get(1));
        });
    }

    /** Ends both sides with RST. */
    void reset() {
        finish(Sockets::reset);
    }

    /** Ends both sides with FIN. */
    void end() {
        finish(Sockets::close);
    }

    private void finish(Consumer<Socket> how) {
        if (over.compareAndSet(false, true)) {
            how.accept(client);
            how.accept(target);
            lanes.forEach(FaultLane::wake);
            ended.accept(this);
        }
    }

    private void pump(Socket from, Socket to, FaultLane lane) {
        BlockingQueue<Chunk> queue = new ArrayBlockingQueue<>(QUEUED_CHUNKS);
        Thread writer = Daemons.start("fault-proxy-write", () -> write(queue, to, lane));
        Daemons.start("fault-proxy-read", () -> read(from, queue, writer));
    }

    private void read(Socket from, BlockingQueue<Chunk> queue, Thread writer) {
        try {
            Chunk chunk;
            do {
                chunk = next(from);
                queue.put(chunk);
            } while (chunk.length > 0);
        } catch (InterruptedException e) {
            writer.interrupt();
        }
    }

    private static Chunk next(Socket from) {
        byte[] bytes = new byte[CHUNK];
        try {
            int length = from.getInputStream().read(bytes);
            return new Chunk(bytes, Math.max(length, 0), false);
        } catch (IOException broken) {
            return new Chunk(bytes, 0, true);
        }
    }

    private void write(BlockingQueue<Chunk> queue, Socket to, FaultLane lane) {
        try {
            while (true) {
                Chunk chunk = queue.take();
                if (!lane.pass(chunk.arrivedNanos, over::get)) {
                    return;
                }
                if (chunk.broken) {
                    reset();
                    return;
                }
                if (chunk.length == 0) {
                    to.shutdownOutput();
                    if (directionsLeft.decrementAndGet() == 0) {
                        end();
                    }
                    return;
                }
                int allowed = lane.allowed(chunk.length);
                to.getOutputStream().write(chunk.bytes, 0, allowed);
                lane.count(allowed);
            }
        } catch (IOException peerGone) {
            reset();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // So that a reader that waits for room can end too.
            queue.clear();
        }
    }
}
