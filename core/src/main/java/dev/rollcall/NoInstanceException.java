package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** There is no instance to pick or to call; {@link #reason()} says why. */
public final class NoInstanceException extends RollcallException {
    private static final long serialVersionUID = 1;

    /** Why there is no instance to pick. */
    public enum Reason {
        /** Nothing was read from the registry yet; the cause says why, if that is known. */
        COLD,
        /** The service has no instance. */
        EMPTY,
        /** It has some, but none that is wanted: the view's filter takes none of them, or none speaks the protocol. */
        FILTERED,
        /** The view was closed. */
        CLOSED
    }

    private final String service;
    private final Reason reason;

    public NoInstanceException(String service, Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.service = service;
        this.reason = reason;
    }

    public String service() {
        return service;
    }

    public Reason reason() {
        return reason;
    }
}
