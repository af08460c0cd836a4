package dev.rollcall.etcd.layout;

import dev.rollcall.Endpoint;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    /** The text of these bytes, which are UTF-8; makes no object when it is known and of ASCII only. */
    String text(byte[] utf8, int offset, int length) {
        int hash = 0;
        int bits = 0;
        for (int i = offset; i < offset + length; i++) {
            bits |= utf8[i];
            hash = 31 * hash + utf8[i];
        }
        if (bits < 0 || length > LONGEST_TEXT) {
            return text(new String(utf8, offset, length, StandardCharsets.UTF_8));
        }
        int slot = slot(hash, texts.length());
        String first = texts.getAcquire(slot);
        if (first != null && same(first, utf8, offset, length)) {
            return first;
        }
        String second = texts.getAcquire(slot ^ 1);
        if (second != null && same(second, utf8, offset, length)) {
            return second;
        }
        return remember(new String(utf8, offset, length, StandardCharsets.ISO_8859_1), slot, first);
    }

    private static boolean same(String text, byte[] ascii, int offset, int length) {
        if (text.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) != ascii[offset + i]) {
                return false;
            }
        }
        return true;
    }

    /** A known text equal to this one, or this. */
    String text(String text) {
        if (text.length() > LONGEST_TEXT) {
            return text;
        }
        int slot = slot(text.hashCode(), texts.length());
        String first = texts.getAcquire(slot);
        if (text.equals(first)) {
            return first;
        }
        String second = texts.getAcquire(slot ^ 1);
        return text.equals(second) ? second : remember(text, slot, first);
    }

    /** Of two neighbours the newer one comes first, so that one unknown text does not push out a known one. */
    private String remember(String text, int slot, @Nullable String first) {
        if (first != null) {
            texts.setRelease(slot ^ 1, first);
        }
        texts.setRelease(slot, text);
        return text;
    }

    /** The map of these keys and values in turn; of a key that comes twice the last value counts. */
    Map<String, String> map(List<String> pairs) {
        if (pairs.isEmpty()) {
            return Map.of();
        }
        int hash = 0;
        boolean sorted = true;
        for (int i = 0; i < pairs.size(); i += 2) {
            hash += pairs.get(i).hashCode() ^ pairs.get(i + 1).hashCode();
            sorted &= i == 0 || pairs.get(i - 2).compareTo(pairs.get(i)) < 0;
        }
        if (!sorted) {
            Map<String, String> map = new TreeMap<>();
            for (int i = 0; i < pairs.size(); i += 2) {
                map.put(pairs.get(i), pairs.get(i + 1));
            }
            return known(maps, map, Map::copyOf);
        }
        // Go writes maps sorted, so this is the usual way, and a known map the usual end of it: nothing is made
        int slot = slot(hash, maps.length());
        WeakReference<Map<String, String>> reference = maps.getAcquire(slot);
        Map<String, String> known = reference == null ? null : reference.get();
        if (known != null && same(known, pairs)) {
            return known;
        }
        Map<String, String> made = made(pairs);
        maps.setRelease(slot, new WeakReference<>(made));
        return made;
    }

    private static boolean same(Map<String, String> map, List<String> pairs) {
        for (int i = 0; i < pairs.size(); i += 2) {
            if (!pairs.get(i + 1).equals(map.get(pairs.get(i)))) {
                return false;
            }
        }
        return 2 * map.size() == pairs.size();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static Map<String, String> made(List<String> pairs) {
        Map.Entry<String, String>[] entries = new Map.Entry[pairs.size() / 2];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = Map.entry(pairs.get(2 * i), pairs.get(2 * i + 1));
        }
        return Map.ofEntries(entries);
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
