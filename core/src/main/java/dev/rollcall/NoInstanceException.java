package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** A view has no instance to pick; {@link #reason()} says why. */
public final class NoInstanceException extends RollcallException {
    private static final long serialVersionUID = 1;

    /** Why there is no instance to pick. */
    public enum Reason {
        /** Nothing was read from the registry yet; the cause says why, if that is known. */
        COLD,
        /** The service has no instance. */
        EMPTY,
        /** It has some, but the view's filter takes none of them. */
        FILTERED,
        /** The view was closed. */
        CLOSED
    }

    private final String service;
    private final Reason reason;

    NoInstanceException(String service, Reason reason, String message, @Nullable Throwable cause) {
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
