package dev.rollcall.mucp;

import java.time.Duration;

/**
 * What one side takes from the other at most.
 *
 * @param messageBytes of one message's body
 * @param connections open at the same time
 * @param idle how long a connection may stay open without a call, and a write without progress
 */
record MucpLimits(int messageBytes, int connections, Duration idle) {
    static final int MESSAGE_BYTES = 4 * 1024 * 1024;
    static final int HEADER_BYTES = 64 * 1024;
    /** Calls of one server; also the threads of its handlers, unless they have an executor of their own. */
    static final MucpLimits SERVER = new MucpLimits(MESSAGE_BYTES, 10_000, Duration.ofSeconds(150));

    MucpLimits {
        if (messageBytes < 1) {
            throw new IllegalArgumentException("message limit: " + messageBytes + " bytes (expected: 1 or more)");
        }
        if (connections < 1) {
            throw new IllegalArgumentException("connection limit: " + connections + " (expected: 1 or more)");
        }
    }
}
