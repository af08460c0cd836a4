package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How an instance is written as etcd keys and values. {@code docs/layouts.md} shows how to add one.
 *
 * <pre>{@code
 * Layout layout = Layouts.of("go-micro", null);
 * for (Layout.Entry entry : layout.encode(instance)) {
 *     put(entry.key(), entry.value());
 * }
 * }</pre>
 *
 * <p>What is written obeys strict limits; what is read is taken as the programs of the fleet would take it. Text that is read
 * may be anything, control characters included: show it through {@link dev.rollcall.Text}. Immutable, and safe for use by many
 * threads.
 */
public interface Layout {
    /** The name it is chosen by: {@code go-micro}. */
    String name();

    /** The parts of an instance that a layout may carry; every layout carries service and address. */
    enum Part {
        ID,
        VERSION,
        STATUS,
        METADATA,
        SERVICE_METADATA,
        ENDPOINTS
    }

    /**
     * The parts that are read again as they were written; the others are lost. Without {@link Part#STATUS} no {@link
     * dev.rollcall.Status#DRAINING} is put before a delete, since it would change nothing.
     */
    Set<Part> carries();

    /**
     * Whether keys of several instances may change in one revision. Then what this process writes at one time goes in one
     * transaction and under one lease, and readers that read everything again at each change, as Go kit's do, have one to read. False
     * where readers may see only one change of each revision, as go-micro's do: then each instance is written alone, on a lease of
     * its own.
     */
    default boolean severalPerRevision() {
        return false;
    }

    /**
     * Whether the fleet's readers know an instance by its address alone. Then an address may stand only once below {@link
     * #prefix(String)}, and a process that registers a second instance there is refused: Go kit's readers would open a connection
     * more with each change, and never close it.
     */
    default boolean knownByAddress() {
        return !carries().contains(Part.ID);
    }

    /** The time to live of a lease where nobody asks for another. */
    default Duration ttl() {
        return Duration.ofSeconds(30);
    }

    /** Whether instances can be written; false for a layout that is only read. */
    default boolean writable() {
        return true;
    }

    /**
     * The keys and values of an instance, but for keys that hold its lease. They may depend on any part of it; two instances
     * with a key in common are one instance to the fleet. At most one key below {@link #prefix(String)} is not {@linkplain
     * Entry#shared() shared}, or each would be an instance.
     *
     * @throws InvalidInstanceException for what this layout cannot carry, or what {@link Instance#checkRegistrable()} refuses
     */
    List<Entry> encode(Instance instance);

    /**
     * The keys and values of an instance on its lease; a key that names the lease moves with each new one, and no other instance
     * shares the lease then.
     *
     * @param lease the id of the lease, at least 1
     * @throws InvalidInstanceException as {@link #encode(Instance)}, which has refused it before
     */
    default List<Entry> encode(Instance instance, long lease) {
        return encode(instance);
    }

    /** What all keys of this layout start with, {@code /micro/registry/}: ends in its separator, or is empty. */
    String prefix();

    /**
     * What all keys of one service start with; ends in its separator: {@code /micro/registry/hello.srv.say/}. No key of
     * {@code pay-admin} starts with the prefix of {@code pay}. But two services may share one prefix ({@code a/b} and {@code
     * a-b} do in go-micro): a reader drops instances whose own {@link Instance#service()} is another.
     */
    String prefix(String service);

    /**
     * The instance in a key's value. Its service is the one that the value names, which need not be the one of the key's
     * prefix.
     *
     * @throws UnreadableValueException when the value holds no instance; nothing else is thrown, whatever the bytes
     */
    Instance decode(String key, byte[] value) throws UnreadableValueException;

    /**
     * Whether a key below {@link #prefix()} may hold an instance. All others are passed over in silence: keys that the layout
     * only has for its own use, and other layouts' where the prefix is shared with them.
     */
    default boolean holdsInstance(String key) {
        return true;
    }

    /** Whether a service is the fleet's own plumbing, left out of lists unless asked for: {@code micro.http.broker}. */
    default boolean hidden(String service) {
        return false;
    }

    /** One key and its value; a value object: the bytes are copied, in and out. */
    final class Entry {
        private final String key;
        private final byte[] value;
        private final boolean shared;

        /**
         * A pair to put, and to keep as it is.
         *
         * @param key written to etcd as UTF-8
         * @param value the bytes to store
         */
        public Entry(String key, byte[] value) {
            this(key, value, false);
        }

        private Entry(String key, byte[] value, boolean shared) {
            this.key = Objects.requireNonNull(key, "key");
            this.value = value.clone();
            this.shared = shared;
        }

        /** A pair that is put beside the others, and that nobody owns: it may change or go, and nothing is done about it. */
        public static Entry shared(String key, byte[] value) {
            return new Entry(key, value, true);
        }

        public boolean shared() {
            return shared;
        }

        public String key() {
            return key;
        }

        public byte[] value() {
            return value.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry that
                    && key.equals(that.key)
                    && shared == that.shared
                    && Arrays.equals(value, that.value);
        }

        @Override
        public int hashCode() {
            return 31 * key.hashCode() + Arrays.hashCode(value);
        }

        @Override
        public String toString() {
            return "Entry[" + key + ", " + value.length + " bytes]";
        }
    }
}
