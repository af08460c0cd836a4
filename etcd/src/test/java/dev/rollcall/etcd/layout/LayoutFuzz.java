package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import java.util.Objects;

/**
 * What must hold of a layout whatever stands in etcd: it reads a key and a value or says in a line why not, and what it has read can
 * be compared, shown, written and read again. {@code scripts/fuzz} looks for what breaks it; {@code LayoutCorpusTest} tries what it found.
 */
public final class LayoutFuzz {
    /** Two texts of 200 characters, each of which may be shown as six. */
    private static final int LONGEST_REASON = 3_000;

    private static final long LEASE = 77;
    /** Named by the fuzzer's command line; without one there is nothing to fuzz. */
    private static final String NAME = System.getProperty("layout", "go-micro");

    private static final Layout LAYOUT = Layouts.of(NAME, null);

    private LayoutFuzz() {}

    /** Where the fuzzer begins. */
    public static void fuzzerTestOneInput(byte[] input) {
        check(LAYOUT, input);
    }

    /** @param input a key, up to the first zero byte, and the value behind it */
    static void check(Layout layout, byte[] input) {
        int end = 0;
        while (end < input.length && input[end] != 0) {
            end++;
        }
        String key = new String(input, 0, end, UTF_8);
        byte[] value = java.util.Arrays.copyOfRange(input, Math.min(end + 1, input.length), input.length);
        layout.holdsInstance(key);
        Instance read;
        try {
            read = layout.decode(key, value);
        } catch (UnreadableValueException e) {
            String reason = String.valueOf(e.getMessage());
            hold(reason.length() <= LONGEST_REASON, "a reason of " + reason.length() + " characters");
            hold(reason.chars().noneMatch(Character::isISOControl), "control characters in a reason");
            return;
        }
        hold(read.equals(read.withStatus(read.status())), "not equal to itself");
        hold(Objects.toString(read).length() > 0, "no text");
        layout.hidden(read.service());
        layout.prefix(read.service());
        if (layout.writable()) {
            writeAndRead(layout, read);
        }
    }

    private static void writeAndRead(Layout layout, Instance read) {
        Layout.Entry entry;
        try {
            entry = layout.encode(read, LEASE).stream()
                    .filter(each -> !each.shared())
                    .findFirst()
                    .orElseThrow();
        } catch (InvalidInstanceException refused) {
            return; // what is read may be more than what we write
        }
        hold(entry.key().startsWith(layout.prefix(read.service())), "written elsewhere: " + entry.key());
        hold(layout.holdsInstance(entry.key()), "not held to be an instance: " + entry.key());
        try {
            Instance again = layout.decode(entry.key(), entry.value());
            hold(again.service().equals(read.service()), "another service: " + again);
            hold(again.address().equals(read.address()), "another address: " + again);
            hold(again.status() == read.status() || !layout.carries().contains(Layout.Part.STATUS), "status: " + again);
        } catch (UnreadableValueException e) {
            throw new IllegalStateException("written, but not to be read: " + entry.key(), e);
        }
    }

    private static void hold(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }
}
