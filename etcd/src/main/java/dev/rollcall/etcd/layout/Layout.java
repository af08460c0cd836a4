package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How an instance is written as etcd keys and values.
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

    /** The time to live of a lease where nobody asks for another. */
    Duration ttl();

    /** Whether a value can say {@link dev.rollcall.Status#DRAINING}; without it a put of that status would change nothing. */
    boolean carriesStatus();

    /** Whether instances can be written; false for a layout that is only read. */
    boolean writable();

    /**
     * The keys and values of an instance. The keys depend on its service and id only where the layout says so; two instances
     * with the same keys are one instance to the fleet.
     *
     * @throws InvalidInstanceException for what this layout cannot carry, or what {@link Instance#checkRegistrable()} refuses
     */
    List<Entry> encode(Instance instance);

    /** What all keys of this layout start with; ends in its separator: {@code /micro/registry/}. */
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

    /** Whether a service is the fleet's own plumbing, left out of lists unless asked for: {@code micro.http.broker}. */
    boolean hidden(String service);

    /** One key and its value; a value object: the bytes are copied, in and out. */
    final class Entry {
        private final String key;
        private final byte[] value;

        /**
         * A pair to put.
         *
         * @param key written to etcd as UTF-8
         * @param value the bytes to store
         */
        public Entry(String key, byte[] value) {
            this.key = Objects.requireNonNull(key, "key");
            this.value = value.clone();
        }

        public String key() {
            return key;
        }

        public byte[] value() {
            return value.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry that && key.equals(that.key) && Arrays.equals(value, that.value);
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
