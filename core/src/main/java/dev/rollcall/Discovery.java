package dev.rollcall;

import java.util.Set;

/** The reading side of a registry. Safe for use by many threads. */
public interface Discovery {
    /**
     * One read of a service's instances; empty when there are none.
     *
     * @throws UnavailableException when the registry does not answer in time
     * @throws AccessDeniedException when it refuses us
     */
    ServiceSnapshot lookup(String service);

    /** One read of the names of all services that have an instance, sorted; fails as {@link #lookup} does. */
    Set<String> services();

    /**
     * Keeps a service's snapshot current until the subscription is closed, and tells the listener: first the whole current
     * snapshot, as soon as there is one, then each change. Returns at once. While the registry is away the last snapshot stays,
     * marked {@linkplain ServiceSnapshot.Freshness#STALE stale}.
     */
    Subscription watch(String service, SnapshotListener listener);
}
