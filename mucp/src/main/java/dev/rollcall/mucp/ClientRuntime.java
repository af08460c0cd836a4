package dev.rollcall.mucp;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The threads that all channels of this process share; they are there as long as one channel is. Safe for use by many threads. */
final class ClientRuntime {
    private static @Nullable ClientRuntime current;
    private static int users;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            new DefaultThreadFactory("rollcall-mucp-client", true), NioIoHandler.newFactory());
    private final ExecutorService callbacks =
            Executors.newCachedThreadPool(new DefaultThreadFactory("rollcall-mucp-call", true));

    private ClientRuntime() {}

    static synchronized ClientRuntime join() {
        ClientRuntime joined = current;
        if (joined == null) {
            joined = new ClientRuntime();
            current = joined;
        }
        users++;
        return joined;
    }

    /** To be called once for each {@link #join()}. */
    static synchronized void leave() {
        ClientRuntime left = current;
        users--;
        if (users == 0 && left != null) {
            current = null;
            var unused = left.loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
            left.callbacks.shutdown();
        }
    }

    EventLoop loop() {
        return loops.next();
    }

    /** For callbacks of calls that bring no executor. */
    ExecutorService callbacks() {
        return callbacks;
    }
}
