package dev.rollcall.bench;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs a JMH class for a short while, in processes of its own, without a word. */
final class Jmh {
    /**
     * What one method came to with one parameter.
     *
     * @param nanos per operation in the fastest iteration: what the code costs when nothing else has the machine
     * @param bytes allocated per operation, the median
     */
    record Score(double nanos, double bytes) {}

    /** All scores of a class, by method and parameter. */
    record Scores(Map<String, Score> all) {
        double nanos(String method, int size) {
            return Objects.requireNonNull(all.get(method + " " + size)).nanos();
        }

        double mostBytes() {
            return all.values().stream().mapToDouble(Score::bytes).max().orElseThrow();
        }
    }

    private Jmh() {}

    static Scores run(Class<?> benchmarks, int rounds) throws RunnerException {
        Options once = new OptionsBuilder()
                .include(benchmarks.getName().replace(".", "\\."))
                .forks(1)
                .warmupIterations(4)
                .warmupTime(TimeValue.milliseconds(200))
                .measurementIterations(8)
                .measurementTime(TimeValue.milliseconds(150))
                .addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.SILENT)
                .jvmArgsAppend("-Xms512m", "-Xmx512m")
                .shouldFailOnError(true)
                .build();
        Map<String, Score> scores = new TreeMap<>();
        // All of them by turns, so that what is compared was measured at about the same time.
        for (int round = 0; round < rounds; round++) {
            for (RunResult result : new Runner(once).run()) {
                BenchmarkParams params = result.getParams();
                String method = params.getBenchmark().replaceAll(".*\\.", "");
                Score score = new Score(
                        result.getPrimaryResult().getStatistics().getMin(),
                        Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"))
                                .getStatistics()
                                .getPercentile(50));
                scores.merge(
                        method + " " + params.getParam("size"),
                        score,
                        (a, b) -> new Score(Math.min(a.nanos, b.nanos), Math.max(a.bytes, b.bytes)));
            }
        }
        return new Scores(scores);
    }
}
