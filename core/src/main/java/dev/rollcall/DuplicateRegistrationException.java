package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** This process already holds a registration of the same service and id. */
public final class DuplicateRegistrationException extends RollcallException {
    private static final long serialVersionUID = 1;

    public DuplicateRegistrationException(String message) {
        this(message, null);
    }

    public DuplicateRegistrationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
