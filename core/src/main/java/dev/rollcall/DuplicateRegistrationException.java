package dev.rollcall;

/** This process already holds a registration of the same service and id, or of another that etcd or its readers could not tell apart. */
public final class DuplicateRegistrationException extends RollcallException {
    private static final long serialVersionUID = 1;

    private DuplicateRegistrationException(String message) {
        super(message, null);
    }

    /** Says that this instance is the one already registered. */
    public static DuplicateRegistrationException of(Instance holder) {
        return new DuplicateRegistrationException("registration: " + Text.quote(holder.service()) + " "
                + Text.quote(holder.id()) + " is already registered by this process, at " + holder.address()
                + " (expected: one registration per service and id)");
    }

    /** Says that another instance of ours, though its id is another, is already registered under the same key. */
    public static DuplicateRegistrationException sameKey(Instance wanted, Instance holder) {
        return new DuplicateRegistrationException("registration: " + Text.quote(wanted.service()) + " "
                + Text.quote(wanted.id()) + " has the same key as " + Text.quote(holder.service()) + " "
                + Text.quote(holder.id()) + ", already registered by this process, at " + holder.address()
                + " (expected: ids that the layout tells apart)");
    }

    /**
     * Says that another instance of ours is already registered with this address, by which alone readers know it.
     *
     * @param layout whose readers these are
     */
    public static DuplicateRegistrationException sameAddress(Instance wanted, Instance holder, String layout) {
        return new DuplicateRegistrationException("registration: " + Text.quote(wanted.service()) + " "
                + Text.quote(wanted.id()) + " has the address of " + Text.quote(holder.id())
                + ", already registered by this process, at " + holder.address()
                + " (expected: an address of its own, by which alone readers of layout " + layout
                + " know an instance)");
    }
}
