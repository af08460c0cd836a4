package dev.rollcall;

/** Another living process registered the same service and id after us and owns the instance now. */
public final class SupersededException extends RollcallException {
    private static final long serialVersionUID = 1;

    private SupersededException(String message) {
        super(message, null);
    }

    /**
     * Says that this instance of ours is the one that another process took over.
     *
     * @param by where that process says it is, as far as known
     */
    public static SupersededException of(Instance ours, String by) {
        return new SupersededException("registration: " + Text.quote(ours.service()) + " " + Text.quote(ours.id())
                + " was registered again by another living process, at " + Text.plain(by)
                + "; ours returns when that one leaves");
    }
}
