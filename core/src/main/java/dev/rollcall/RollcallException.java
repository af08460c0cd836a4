package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** The root of what Rollcall throws; each leaf is one outcome that a caller can act on. */
public class RollcallException extends RuntimeException {
    private static final long serialVersionUID = 1;

    protected RollcallException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
