package dev.rollcall.etcd.internal.client;

import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLogger;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import io.grpc.netty.shaded.io.netty.util.internal.logging.JdkLoggerFactory;
import io.grpc.netty.shaded.io.netty.util.internal.logging.Log4J2LoggerFactory;
import io.grpc.netty.shaded.io.netty.util.internal.logging.Slf4JLoggerFactory;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps passwords and tokens out of gRPC's log of HTTP/2 frames, which at DEBUG holds every header, and every byte in hexadecimal. It
 * has no filter, so in a JVM that logs in to etcd it is switched off, for all clients of this Netty; all else Netty logs stays.
 */
final class FrameLog {
    private static final String LOGGER = "io.grpc.netty.shaded.io.grpc.netty.NettyClientHandler";
    /** Held here, or its level would be forgotten with it. */
    private static final Logger OFF = Logger.getLogger("dev.rollcall.etcd.frames");

    private FrameLog() {}

    static synchronized void silence() {
        OFF.setLevel(Level.OFF);
        Function<String, InternalLogger> others = loggersOf(InternalLoggerFactory.getDefaultFactory());
        if (others != null) {
            InternalLoggerFactory.setDefaultFactory(new AllButFrames(others));
        }
    }

    /** Netty's own kinds of factories; null for ours, and for one that the program chose. */
    private static @Nullable Function<String, InternalLogger> loggersOf(InternalLoggerFactory factory) {
        if (factory instanceof Slf4JLoggerFactory slf4j) {
            return slf4j::newInstance;
        }
        if (factory instanceof Log4J2LoggerFactory log4j) {
            return log4j::newInstance;
        }
        return factory instanceof JdkLoggerFactory jdk ? jdk::newInstance : null;
    }

    private static final class AllButFrames extends InternalLoggerFactory {
        private final Function<String, InternalLogger> others;

        AllButFrames(Function<String, InternalLogger> others) {
            this.others = others;
        }

        @Override
        protected InternalLogger newInstance(String name) {
            return name.equals(LOGGER)
                    ? ((JdkLoggerFactory) JdkLoggerFactory.INSTANCE).newInstance(OFF.getName())
                    : others.apply(name);
        }
    }
}
