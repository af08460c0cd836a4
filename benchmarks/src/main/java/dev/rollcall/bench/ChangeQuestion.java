package dev.rollcall.bench;

import java.util.List;
import java.util.Locale;

/** Whether a change costs the same in a large service as in a small one. */
final class ChangeQuestion implements Question {
    @Override
    public String name() {
        return "change";
    }

    @Override
    public String title() {
        return "What does one decoded change cost in a view of 10,000 instances, against one of 100?";
    }

    @Override
    public List<Answer> ask() throws Exception {
        Jmh.Scores scores = Jmh.run(ChangeBench.class, 2);
        double large = scores.nanos("change", 10_000);
        double small = scores.nanos("change", 100);
        return List.of(new Answer(
                "decoded change, 10,000 instances",
                String.format(Locale.ROOT, "%.0f ns / %.0f ns", large, small),
                large / small,
                2,
                "x"));
    }
}
