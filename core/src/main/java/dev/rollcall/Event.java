package dev.rollcall;

import org.jspecify.annotations.Nullable;

/** Something an operator may want to know; told to every {@link EventListener}. No event carries a secret. */
public sealed interface Event {
    /** A registration went from one state to another; the problem says why, where there is one. */
    record RegistrationChanged(
            Instance instance,
            Registration.State from,
            Registration.State to,
            @Nullable RollcallException problem) implements Event {}

    /** The address given for an instance cannot be called from elsewhere and was replaced before it was registered. */
    record AddressReplaced(Instance instance, Address given) implements Event {}

    /** A server of the registry took us on. */
    record Connected(String endpoint) implements Event {}

    /** The connection to a server of the registry was lost, or could not be made; it is tried again for ever. */
    record Disconnected(String endpoint, RollcallException problem) implements Event {}

    /** The registry was wiped or restored: it has another past than the one we saw. */
    record HistoryChanged(String service, String evidence) implements Event {}

    /** A view was opened, follows the registry again (LIVE), or no longer (STALE). */
    record ViewChanged(String service, ServiceSnapshot.Freshness freshness) implements Event {}

    /** A value under a service's prefix could not be read and was left out; the others are not hurt. */
    record ValueSkipped(String key, String reason) implements Event {}

    /** A listener threw. */
    record ListenerFailed(String what, Throwable thrown) implements Event {}
}
