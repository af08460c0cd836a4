package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** A setting is unknown or has a value that cannot be used; nothing was started. */
public final class ConfigurationException extends RollcallException {
    private static final long serialVersionUID = 1;

    public ConfigurationException(String message) {
        this(message, null);
    }

    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
