package dev.rollcall.bench;

import dev.rollcall.Instance;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.LayoutProvider;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The layout go-micro, which notes when it began and ended to read the last value: the view's own steps, seen from outside. */
public final class TimedLayouts implements LayoutProvider {
    static final String NAME = "timed-go-micro";

    /** Since when the last value was read; published with the snapshot that it led to. */
    private static long began;

    private static long ended;

    static long began() {
        return began;
    }

    static long ended() {
        return ended;
    }

    @Override
    public Set<String> names() {
        return Set.of(NAME);
    }

    @Override
    public Layout open(String name, @Nullable String prefix) {
        Layout layout = Layouts.of("go-micro", prefix);
        return new Layout() {
            @Override
            public String name() {
                return NAME;
            }

            @Override
            public Set<Part> carries() {
                return layout.carries();
            }

            @Override
            public List<Entry> encode(Instance instance) {
                return layout.encode(instance);
            }

            @Override
            public String prefix() {
                return layout.prefix();
            }

            @Override
            public String prefix(String service) {
                return layout.prefix(service);
            }

            @Override
            public Instance decode(String key, byte[] value) throws UnreadableValueException {
                began = System.nanoTime();
                Instance instance = layout.decode(key, value);
                ended = System.nanoTime();
                return instance;
            }
        };
    }
}
