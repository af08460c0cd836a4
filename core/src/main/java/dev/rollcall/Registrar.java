package dev.rollcall;

/** Registers instances. Safe for use by many threads. */
public interface Registrar {
    /**
     * Starts registering the instance and returns at once; the returned handle keeps it registered, through every outage of the
     * registry, until it is closed. It never gives up.
     *
     * @throws InvalidInstanceException when {@link Instance#checkRegistrable()} or the registry's layout refuses it
     * @throws DuplicateRegistrationException when this process already holds a registration of the same service and id
     */
    Registration register(Instance instance);
}
