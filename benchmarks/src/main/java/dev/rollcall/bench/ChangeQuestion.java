package dev.rollcall.bench;

import java.util.List;
import java.util.Locale;

/**
 * What a large service adds to a change that has been read and decoded: a longer search and a larger copy. It may add as much as a
 * view may add to a raw watch.
 */
final class ChangeQuestion implements Question {
    @Override
    public String name() {
        return "change";
    }

    @Override
    public String title() {
        return "What do 9,900 more instances add to one change of a view of 100, once it is decoded?";
    }

    @Override
    public List<Answer> ask() throws Exception {
        Jmh.Scores scores = Jmh.run(ChangeBench.class, 3);
        double large = scores.nanos("change", 10_000);
        double small = scores.nanos("change", 100);
        return List.of(new Answer(
                "10,000 instances less 100",
                String.format(Locale.ROOT, "%.0f ns - %.0f ns", large, small),
                (large - small) / 1000,
                10,
                "us"));
    }
}
