package dev.rollcall.bench;

import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs a JMH class for a short while, in processes of its own, without a word. */
final class Jmh {
    /**
     * What one method came to with one parameter.
     *
     * @param nanos the median over all iterations of all processes
     * @param bytes allocated per operation, likewise
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

    static Scores run(Class<?> benchmarks, int processes) throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(benchmarks.getName().replace(".", "\\."))
                        .forks(processes)
                        .warmupIterations(4)
                        .warmupTime(TimeValue.milliseconds(250))
                        .measurementIterations(6)
                        .measurementTime(TimeValue.milliseconds(250))
                        .addProfiler(GCProfiler.class)
                        .verbosity(VerboseMode.SILENT)
                        .jvmArgsAppend("-Xms512m", "-Xmx512m")
                        .shouldFailOnError(true)
                        .build())
                .run();
        Map<String, Score> scores = new TreeMap<>();
        for (RunResult result : results) {
            BenchmarkParams params = result.getParams();
            String method =
                    params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
            Result<?> bytes =
                    Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"));
            scores.put(
                    method + " " + params.getParam("size"),
                    new Score(median(result.getPrimaryResult()), median(bytes)));
        }
        return new Scores(scores);
    }

    private static double median(Result<?> result) {
        return result.getStatistics().getPercentile(50);
    }
}
