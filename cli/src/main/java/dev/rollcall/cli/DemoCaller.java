package dev.rollcall.cli;

import dev.rollcall.Instance;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceView;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Calls the demo's service all the time, each call on a new connection, and counts. Safe for use by many threads. */
final class DemoCaller implements AutoCloseable {
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int TIMEOUT = 500;

    /**
     * What was counted.
     *
     * @param calls all of them
     * @param failed those for which no instance answered
     * @param tries connections made for them; more than calls where one was refused and the next instance was asked
     * @param longestGap the longest time between two answers
     * @param answers how many each instance gave, by id
     */
    record Counts(long calls, long failed, long tries, Duration longestGap, Map<String, Long> answers) {}

    private final ServiceView view;
    private final Thread thread = new Thread(this::run, "demo-caller");
    private final Map<String, Long> answers = new TreeMap<>();
    private long calls;
    private long failed;
    private long tries;
    private long longestGap;
    private volatile boolean closed;

    DemoCaller(ServiceView view) {
        this.view = view;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long last = System.nanoTime();
        while (!closed) {
            String answered = null;
            try {
                answered = view.call(this::ask);
            } catch (RollcallException | IOException e) {
                // Counted below.
            }
            synchronized (this) {
                calls++;
                if (answered == null) {
                    failed++;
                } else {
                    long now = System.nanoTime();
                    answers.merge(answered, 1L, Long::sum);
                    longestGap = Math.max(longestGap, now - last);
                    last = now;
                }
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private String ask(Instance instance) throws IOException {
        synchronized (this) {
            tries++;
        }
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            instance.address().host(), instance.address().port()),
                    TIMEOUT);
            socket.setSoTimeout(TIMEOUT);
            String id = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            if (id == null) {
                throw new EOFException("no answer");
            }
            return id;
        }
    }

    /** Ends the calling and answers what was counted. */
    Counts finish() {
        close();
        return counts();
    }

    private synchronized Counts counts() {
        return new Counts(calls, failed, tries, Duration.ofNanos(longestGap), Map.copyOf(answers));
    }

    /** Ends the calling; returns after the last call. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
