package dev.rollcall.grpc.internal.client;

import dev.rollcall.Rollcall;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The Rollcalls that channels share, one per registry and one for the environment variables: opened by the first channel that
 * needs it, closed a minute after the last is gone. Safe for use by many threads.
 */
final class SharedRollcalls {
    static final Duration LINGER = Duration.ofMinutes(1);

    /** The only state that channels of this JVM share. */
    static final SharedRollcalls JVM = new SharedRollcalls(
            registry -> registry.isEmpty() ? Rollcall.connect() : Rollcall.connect(registry),
            (task, delay) -> CompletableFuture.delayedExecutor(
                            delay.toMillis(), TimeUnit.MILLISECONDS, SharedRollcalls::onThreadOfItsOwn)
                    .execute(task));

    /** One channel's use of a Rollcall. */
    record Use(Rollcall rollcall, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private static final class Shared {
        private final Rollcall rollcall;
        private int users;
        /** Counts how often it was taken up; a timer from before is void. */
        private int turn;

        Shared(Rollcall rollcall) {
            this.rollcall = rollcall;
        }
    }

    private final Map<String, Shared> open = new HashMap<>();
    private final Function<String, Rollcall> connect;
    private final BiConsumer<Runnable, Duration> later;

    SharedRollcalls(Function<String, Rollcall> connect, BiConsumer<Runnable, Duration> later) {
        this.connect = connect;
        this.later = later;
    }

    /** @param registry its URL, or null for what the environment variables say */
    Use use(@Nullable String registry) {
        String key = registry == null ? "" : registry;
        synchronized (open) {
            Shared shared = open.computeIfAbsent(key, url -> new Shared(connect.apply(url)));
            shared.users++;
            shared.turn++;
            AtomicBoolean ended = new AtomicBoolean();
            return new Use(shared.rollcall, () -> {
                if (ended.compareAndSet(false, true)) {
                    end(key, shared);
                }
            });
        }
    }

    private void end(String key, Shared shared) {
        int turn;
        synchronized (open) {
            if (--shared.users > 0) {
                return;
            }
            turn = shared.turn;
        }
        later.accept(() -> closeUnused(key, shared, turn), LINGER);
    }

    private void closeUnused(String key, Shared shared, int turn) {
        synchronized (open) {
            if (shared.turn != turn) {
                return;
            }
            open.remove(key, shared);
        }
        shared.rollcall.close();
    }

    /** Closing may take seconds, which threads that others share should not have to wait for. */
    private static void onThreadOfItsOwn(Runnable task) {
        Thread thread = new Thread(task, "rollcall-grpc-close");
        thread.setDaemon(true);
        thread.start();
    }
}
