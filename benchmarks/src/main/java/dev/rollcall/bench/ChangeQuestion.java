package dev.rollcall.bench;

import java.util.List;
import java.util.Locale;

/**
 * Does the cost of a change follow the change, or the size of the service? Measured from the bytes of an event to the published
 * snapshot: decoding, the search for the key, the new list.
 */
final class ChangeQuestion implements Question {
    @Override
    public String name() {
        return "change";
    }

    @Override
    public String title() {
        return "What does one change cost in a view of 10,000 instances, against a view of 100?";
    }

    @Override
    public List<Answer> ask() throws Exception {
        Jmh.Scores scores = Jmh.run(ChangeBench.class, 3);
        double large = scores.nanos("change", 10_000);
        double small = scores.nanos("change", 100);
        return List.of(new Answer(
                "10,000 instances / 100",
                String.format(Locale.ROOT, "%.0f ns / %.0f ns", large, small),
                large / small,
                2,
                "x"));
    }
}
