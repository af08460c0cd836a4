package dev.rollcall.bench;

import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One decoded change of an instance, until every reader of the view sees it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class ChangeBench {
    private static final int KEYS = 64;

    @Param({"100", "10000"})
    public int size;

    private Fleet fleet = new Fleet(0);
    private final String[] keys = new String[KEYS];
    private final Instance[][] versions = new Instance[2][KEYS];
    private int step;

    @Setup
    public void open() {
        fleet = new Fleet(size);
        fleet.feed.subscribe(SnapshotListener.NONE);
        for (int i = 0; i < KEYS; i++) {
            int at = i * size / KEYS;
            keys[i] = Fleet.key(at);
            versions[0][i] = Fleet.instance(at).withVersion("v1");
            versions[1][i] = Fleet.instance(at).withVersion("v2");
        }
    }

    @Benchmark
    public ServiceSnapshot change() {
        step++;
        int at = step % KEYS;
        return fleet.change(keys[at], versions[step / KEYS % 2][at], step);
    }
}
