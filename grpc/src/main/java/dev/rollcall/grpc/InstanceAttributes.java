package dev.rollcall.grpc;

import dev.rollcall.Instance;
import dev.rollcall.Status;
import io.grpc.Attributes;

/**
 * What the resolver says of each address ({@link io.grpc.EquivalentAddressGroup#getAttributes()}) to load-balancing policies:
 * {@link #INSTANCE} always, the others where the instance has them.
 */
public final class InstanceAttributes {
    /** The instance behind the address. */
    public static final Attributes.Key<Instance> INSTANCE = Attributes.Key.create("rollcall-instance");

    /** Its metadata entry {@code weight}, as written. */
    public static final Attributes.Key<String> WEIGHT = Attributes.Key.create("rollcall-weight");

    /** Its metadata entry {@code zone}. */
    public static final Attributes.Key<String> ZONE = Attributes.Key.create("rollcall-zone");

    /** Its version. */
    public static final Attributes.Key<String> VERSION = Attributes.Key.create("rollcall-version");

    /** Whether it asks for calls. */
    public static final Attributes.Key<Status> STATUS = Attributes.Key.create("rollcall-status");

    /** True when it is kept only because the registry lost it in an accident of its own. */
    public static final Attributes.Key<Boolean> SUSPECT = Attributes.Key.create("rollcall-suspect");

    private InstanceAttributes() {}
}
