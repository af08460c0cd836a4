package dev.rollcall.bench;

import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.SnapshotListener;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One change of an instance, from the bytes of its event until every reader of the view sees it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class ChangeBench {
    private static final int KEYS = 64;

    @Param({"100", "10000"})
    public int size;

    private Fleet fleet = new Fleet(0);
    private final String[] keys = new String[KEYS];
    private final Layout layout = Layouts.of("go-micro", null);
    private final byte[][][] versions = new byte[2][KEYS][];
    private int step;

    @Setup
    public void open() {
        fleet = new Fleet(size);
        fleet.feed.subscribe(SnapshotListener.NONE);
        for (int i = 0; i < KEYS; i++) {
            int at = i * size / KEYS;
            keys[i] = Fleet.key(at);
            versions[0][i] = encoded(Fleet.instance(at).withVersion("v1"));
            versions[1][i] = encoded(Fleet.instance(at).withVersion("v2"));
        }
    }

    @Benchmark
    public ServiceSnapshot change() throws UnreadableValueException {
        step++;
        int at = step % KEYS;
        Instance changed = layout.decode(keys[at], versions[step / KEYS % 2][at]);
        return fleet.change(keys[at], changed, step);
    }

    private byte[] encoded(Instance instance) {
        return layout.encode(instance).get(0).value();
    }
}
