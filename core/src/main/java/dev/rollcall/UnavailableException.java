package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** The registry did not answer in time, or not at all; it may later. */
public final class UnavailableException extends RollcallException {
    private static final long serialVersionUID = 1;

    public UnavailableException(String message) {
        this(message, null);
    }

    public UnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
