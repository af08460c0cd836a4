package dev.rollcall.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What choosing costs beyond what any random choice costs. */
final class PickQuestion implements Question {
    /** JMH's own bookkeeping shows up as a few thousandths of a byte. */
    private static final double NOTHING = 0.1;

    @Override
    public String name() {
        return "pick";
    }

    @Override
    public String title() {
        return "What does a pick cost, against an array read with a thread-local random? Two threads, through the view";
    }

    @Override
    public List<Answer> ask() throws Exception {
        Jmh.Scores scores = Jmh.run(PickBench.class, 3);
        List<Answer> answers = new ArrayList<>();
        for (int size : new int[] {10, 1000}) {
            answers.add(ratio(scores, "random", size, 1.3));
            answers.add(ratio(scores, "roundRobin", size, 2.5));
            answers.add(ratio(scores, "weighted", size, 5));
        }
        double most = scores.mostBytes();
        answers.add(new Answer("allocated per pick, the most of all", "", most < NOTHING ? 0 : most, 0, "B"));
        return answers;
    }

    private static Answer ratio(Jmh.Scores scores, String strategy, int size, double goal) {
        double pick = scores.nanos(strategy, size);
        double floor = scores.nanos("array", size);
        return new Answer(
                strategy + ", " + size + " instances",
                String.format(Locale.ROOT, "%.1f ns / %.1f ns", pick, floor),
                pick / floor,
                goal,
                "x");
    }
}
