package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** An instance, or a part of one, cannot be registered as it is; the message says what was got and what was expected. */
public final class InvalidInstanceException extends RollcallException {
    private static final long serialVersionUID = 1;

    public InvalidInstanceException(String message) {
        this(message, null);
    }

    public InvalidInstanceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
