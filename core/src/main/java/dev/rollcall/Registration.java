package dev.rollcall;

import java.time.Duration;
import java.util.Optional;

/**
 * The handle of one registered instance. Close it to leave gracefully. Safe for use by many threads.
 *
 * <pre>{@code
 * try (Registration registration = rollcall.register(instance).await(Duration.ofSeconds(5))) {
 *     serve();
 * }
 * }</pre>
 */
public interface Registration extends AutoCloseable {
    /** Where a registration stands. Only CLOSED is final. */
    enum State {
        /** Not yet written for the first time. */
        REGISTERING,
        /** Written, acknowledged, and its lease answered after that. */
        REGISTERED,
        /** Written, but a keepalive is overdue: others may soon stop seeing the instance. */
        SUSPECT,
        /** Lost or doubtful; being written again. */
        RECOVERING,
        /** Another living process registered the same id after us and owns it now; we write nothing until it is gone. */
        SUPERSEDED,
        /** Closed by its owner. */
        CLOSED
    }

    /** The instance as last given, or as the registrar completed it. */
    Instance instance();

    State state();

    /** Why the state is not REGISTERED, as far as known. */
    Optional<RollcallException> problem();

    /**
     * Waits until the state is REGISTERED.
     *
     * @return this registration
     * @throws RollcallException the {@link #problem()}, when the time is over or the registration is closed first; the
     *     registration goes on trying all the same
     */
    Registration await(Duration atMost);

    /**
     * Changes what is registered, in place: same service and id, same lease, one write, the last of several quick updates wins.
     * Returns at once.
     *
     * @throws InvalidInstanceException when the service or the id differ, or a rule of {@link Registrar#register} is broken
     */
    void update(Instance changed);

    /**
     * Leaves gracefully: says DRAINING where the layout can, deletes the instance, gives the lease back. Takes at most a few
     * seconds, also when the registry is away (then the instance goes when its lease ends). Idempotent.
     */
    @Override
    void close();
}
