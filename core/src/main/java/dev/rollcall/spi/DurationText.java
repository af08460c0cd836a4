package dev.rollcall.spi;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Go programs write them: {@code 500ms}, {@code 30s}, {@code 1h30m}, {@code 1.5s}; a plain number is seconds, as in
 * go-micro's {@code --register_ttl 60}.
 */
public final class DurationText {
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ns|us|µs|ms|s|m|h)");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,12}(?:\\.\\d{1,9})?");
    private static final Map<String, BigDecimal> NANOS = Map.of(
            "ns", BigDecimal.ONE,
            "us", BigDecimal.TEN.pow(3),
            "µs", BigDecimal.TEN.pow(3),
            "ms", BigDecimal.TEN.pow(6),
            "s", BigDecimal.TEN.pow(9),
            "m", BigDecimal.TEN.pow(9).multiply(BigDecimal.valueOf(60)),
            "h", BigDecimal.TEN.pow(9).multiply(BigDecimal.valueOf(3600)));

    private DurationText() {}

    /**
     * Reads a duration.
     *
     * @param name of the setting, for the message
     * @throws ConfigurationException when the text is not a duration, or one of more than 292 years
     */
    public static Duration parse(String name, String text) {
        boolean negative = text.startsWith("-");
        String rest = negative ? text.substring(1) : text;
        BigDecimal nanos = SECONDS.matcher(rest).matches() ? nanos(rest, "s") : sum(name, text, rest);
        try {
            return Duration.ofNanos(
                    (negative ? nanos.negate() : nanos).toBigInteger().longValueExact());
        } catch (ArithmeticException tooLong) {
            throw new ConfigurationException(
                    name + ": " + Text.quote(text) + " (expected: at most 292 years)", tooLong);
        }
    }

    /** As {@link #parse(String, String)}, and refuses less than {@code least}: {@code ttl: 0s (expected: >= 2s)}. */
    public static Duration parse(String name, String text, Duration least) {
        Duration parsed = parse(name, text);
        if (parsed.compareTo(least) < 0) {
            throw new ConfigurationException(name + ": " + format(parsed) + " (expected: >= " + format(least) + ")");
        }
        return parsed;
    }

    /** The shortest exact text of a duration: {@code 0s}, {@code 500ms}, {@code 1m30s}. */
    public static String format(Duration duration) {
        if (duration.isNegative()) {
            return "-" + format(duration.negated());
        }
        StringBuilder out = new StringBuilder();
        append(out, duration.toHours(), "h");
        append(out, duration.toMinutesPart(), "m");
        append(out, duration.toSecondsPart(), "s");
        int nanos = duration.toNanosPart();
        append(out, nanos / 1_000_000, "ms");
        append(out, nanos / 1_000 % 1_000, "us");
        append(out, nanos % 1_000, "ns");
        return out.length() == 0 ? "0s" : out.toString();
    }

    private static BigDecimal sum(String name, String text, String rest) {
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(rest);
        int end = 0;
        while (part.find() && part.start() == end) {
            nanos = nanos.add(nanos(part.group(1), part.group(2)));
            end = part.end();
        }
        if (end == 0 || end != rest.length()) {
            throw new ConfigurationException(
                    name + ": " + Text.quote(text) + " (expected: a duration such as 30s, 500ms or 1m30s)");
        }
        return nanos;
    }

    private static BigDecimal nanos(String number, String unit) {
        return new BigDecimal(number).multiply(NANOS.getOrDefault(unit, BigDecimal.ONE));
    }

    private static void append(StringBuilder out, long amount, String unit) {
        if (amount > 0) {
            out.append(amount).append(unit);
        }
    }
}
