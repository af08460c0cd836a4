package dev.rollcall.etcd.layout;

import dev.rollcall.Endpoint;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Hands out one object for many equal ones, so that 100,000 instances that say nearly the same take little memory.
 *
 * <p>A cache, not a promise: of fixed size, each slot keeps what came last, and a string that is pushed out is merely made
 * anew. Text in the cache is at most 64 characters; maps and lists are held weakly. Safe for use by many threads, without a lock.
 */
final class Interner {
    private static final int LONGEST_TEXT = 64;

    private final AtomicReferenceArray<@Nullable String> texts = new AtomicReferenceArray<>(1 << 14);
    private final AtomicReferenceArray<@Nullable WeakReference<Map<String, String>>> maps =
            new AtomicReferenceArray<>(1 << 11);
    private final AtomicReferenceArray<@Nullable WeakReference<List<Endpoint>>> lists =
            new AtomicReferenceArray<>(1 << 9);

    /** The text of these characters; makes no object when it is known. */
    String text(char[] chars, int offset, int length) {
        if (length > LONGEST_TEXT) {
            return new String(chars, offset, length);
        }
        int hash = 0;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + chars[i];
        }
        int slot = slot(hash, texts.length());
        String first = texts.getAcquire(slot);
        if (first != null && same(first, chars, offset, length)) {
            return first;
        }
        String second = texts.getAcquire(slot ^ 1);
        if (second != null && same(second, chars, offset, length)) {
            return second;
        }
        // of two neighbours the newer one comes first, so that one unknown text does not push out a known one
        if (first != null) {
            texts.setRelease(slot ^ 1, first);
        }
        String made = new String(chars, offset, length);
        texts.setRelease(slot, made);
        return made;
    }

    private static boolean same(String text, char[] chars, int offset, int length) {
        if (text.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) != chars[offset + i]) {
                return false;
            }
        }
        return true;
    }

    /** The map of these keys and values in turn; of a key that comes twice the last value counts. */
    Map<String, String> map(List<String> pairs) {
        int hash = 0;
        for (int i = 0; i < pairs.size(); i += 2) {
            hash += pairs.get(i).hashCode() ^ pairs.get(i + 1).hashCode();
        }
        WeakReference<Map<String, String>> reference = maps.getAcquire(slot(hash, maps.length()));
        Map<String, String> known = reference == null ? null : reference.get();
        if (known != null && sortedAndSame(pairs, known)) {
            return known;
        }
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            map.put(pairs.get(i), pairs.get(i + 1));
        }
        return known(maps, map, Map::copyOf);
    }

    /** Go writes maps sorted, so this is the usual way to a known map, and the cheap one: nothing is made. */
    private static boolean sortedAndSame(List<String> pairs, Map<String, String> map) {
        String before = null;
        for (int i = 0; i < pairs.size(); i += 2) {
            String key = pairs.get(i);
            if ((before != null && before.compareTo(key) >= 0)
                    || !pairs.get(i + 1).equals(map.get(key))) {
                return false;
            }
            before = key;
        }
        return 2 * map.size() == pairs.size();
    }

    /** A known list equal to this one, or an immutable copy. */
    List<Endpoint> list(List<Endpoint> list) {
        return known(lists, list, List::copyOf);
    }

    private static <T> T known(AtomicReferenceArray<@Nullable WeakReference<T>> table, T value, UnaryOperator<T> copy) {
        int slot = slot(value.hashCode(), table.length());
        WeakReference<T> reference = table.getAcquire(slot);
        T known = reference == null ? null : reference.get();
        if (known != null && known.equals(value)) {
            return known;
        }
        T made = copy.apply(value);
        table.setRelease(slot, new WeakReference<>(made));
        return made;
    }

    private static int slot(int hash, int slots) {
        int mixed = hash * 0x9E3779B9;
        return (mixed ^ (mixed >>> 15)) & (slots - 1);
    }
}
