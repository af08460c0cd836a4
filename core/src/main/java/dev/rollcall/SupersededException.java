package dev.rollcall;

/** Another living process registered the same service and id after us and owns the instance now. */
public final class SupersededException extends RollcallException {
    private static final long serialVersionUID = 1;

    public SupersededException(String message) {
        super(message, null);
    }
}
