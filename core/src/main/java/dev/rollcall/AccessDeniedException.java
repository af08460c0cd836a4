package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** The registry refused who we are or what we asked: a wrong password, a missing role, an untrusted certificate. */
public final class AccessDeniedException extends RollcallException {
    private static final long serialVersionUID = 1;

    public AccessDeniedException(String message) {
        this(message, null);
    }

    public AccessDeniedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
