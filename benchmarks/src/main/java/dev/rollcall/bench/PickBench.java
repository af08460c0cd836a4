package dev.rollcall.bench;

import dev.rollcall.Instance;
import dev.rollcall.ServiceView;
import dev.rollcall.SnapshotListener;
import dev.rollcall.Strategy;
import dev.rollcall.Views;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** {@link ServiceView#pick()}, as two threads of a user call it, and the least that any random choice costs. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Threads(2)
@State(Scope.Benchmark)
public class PickBench {
    @Param({"10", "1000"})
    public int size;

    private Instance[] array = {};
    private ServiceView random = view(new Fleet(0));
    private ServiceView roundRobin = random;
    private ServiceView weighted = random;

    @Setup
    public void open() {
        Fleet fleet = new Fleet(size);
        array = fleet.feed.current().instances().toArray(new Instance[0]);
        random = view(fleet);
        roundRobin = random.with(Strategy.roundRobin());
        weighted = random.with(Strategy.weighted());
    }

    private static ServiceView view(Fleet fleet) {
        return Views.over(Objects.requireNonNull(fleet.feed.subscribe(SnapshotListener.NONE)));
    }

    @Benchmark
    public Instance array() {
        return array[ThreadLocalRandom.current().nextInt(array.length)];
    }

    @Benchmark
    public Instance random() {
        return random.pick();
    }

    @Benchmark
    public Instance roundRobin() {
        return roundRobin.pick();
    }

    @Benchmark
    public Instance weighted() {
        return weighted.pick();
    }
}
