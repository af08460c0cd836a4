package dev.rollcall.etcd.layout;

/**
 * A value in etcd holds no instance that its layout can read.
 *
 * <p>The message is one line that is safe to show: why, and what was expected. It has no stack trace, for somebody else wrote
 * the value and may write many.
 */
public final class UnreadableValueException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * A reason.
     *
     * @param reason one line; text from the value only through {@link dev.rollcall.Text}
     */
    public UnreadableValueException(String reason) {
        super(reason, null, false, false);
    }
}
