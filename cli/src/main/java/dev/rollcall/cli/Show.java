package dev.rollcall.cli;

import dev.rollcall.Instance;
import dev.rollcall.Text;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Text for people; nothing in it can drive a terminal. */
final class Show {
    private static final int STEP = 100;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private Show() {}

    /** As {@link Text#plain} shows it, but whole; for what is copied and pasted, and for messages. */
    static String whole(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i += STEP) {
            out.append(Text.plain(text.substring(i, Math.min(i + STEP, text.length()))));
        }
        return out.toString();
    }

    /** A message on one line. */
    static String line(String message) {
        return whole(message.strip().replaceAll("\\s*\\R\\s*", "; "));
    }

    /** The time of day, to the millisecond. */
    static String now() {
        return LocalTime.now(ZoneId.systemDefault()).format(TIME);
    }

    static String status(Instance instance) {
        return instance.status().name().toLowerCase(Locale.ROOT);
    }

    /** {@code k=v} pairs, sorted. */
    static String metadata(Map<String, String> metadata) {
        return new TreeMap<>(metadata)
                .entrySet().stream()
                        .map(entry -> Text.plain(entry.getKey()) + "=" + Text.plain(entry.getValue()))
                        .collect(Collectors.joining(" "));
    }

    /** Rows below each other with their columns aligned; the first row is the heading. */
    static String table(List<List<String>> rows) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        return rows.stream().map(row -> align(row, widths)).collect(Collectors.joining(System.lineSeparator()));
    }

    private static String align(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i)).append(" ".repeat(widths[i] - width(row.get(i)) + 2));
        }
        return line.toString().stripTrailing();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
