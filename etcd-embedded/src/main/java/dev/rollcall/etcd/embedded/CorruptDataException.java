package dev.rollcall.etcd.embedded;

/** A data directory cannot be read: something in the middle of it is not what was written. The message names file and place. */
public final class CorruptDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CorruptDataException(String message) {
        super(message);
    }
}
