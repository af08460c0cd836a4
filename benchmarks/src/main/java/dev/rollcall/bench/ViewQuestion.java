package dev.rollcall.bench;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * On the same put, the moment a watch on a bare gRPC stub has the event is compared with the moment a thread that does nothing but
 * read the view's snapshot sees it. Both watches are of one process, each on its own connection. In one round of a pair the one is
 * opened first, in the other the other, since etcd serves the older watch first, and of several pairs the middle one counts, since
 * how a round's connections and threads share the cores stays for the round. In some rounds a second raw watch takes the view's
 * place, which shows how much of the difference is the method's.
 */
final class ViewQuestion implements Question {
    private static final int INSTANCES = 100;
    private static final int WARM_UP_TXNS = 2_000;
    private static final int PAIRS = 11;
    private static final int PUTS = 150;
    private static final int WARM_UP = 50;
    private static final Duration PAUSE = Duration.ofMillis(2);

    /** What happened after one put, in microseconds. */
    private record Times(double added, double inside, double reading) {}

    @Override
    public String name() {
        return "view";
    }

    @Override
    public String title() {
        return "What does a view add to a raw watch, from the event on the wire to a snapshot that a reader sees?";
    }

    @Override
    public String remark() {
        return "The first row is the difference of two connections that one process reads on whichever core is free; the second, where "
                + "there is no view at all, shows how far that alone goes. The view's own part is in the rows below: a change is much "
                + "dearer after a pause, in which other programs had the core and its caches, than in a stream of changes, and in a "
                + "loop that does nothing else (the next question) it costs least.";
    }

    @Override
    public List<Answer> ask() throws Exception {
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            warmUp(etcd);
            List<List<Times>> views = new ArrayList<>();
            List<List<Times>> control = new ArrayList<>();
            double[] pairs = new double[PAIRS];
            for (int i = 0; i < PAIRS; i++) {
                List<Times> rawFirst = round(etcd, true, true, PAUSE);
                List<Times> viewFirst = round(etcd, true, false, PAUSE);
                pairs[i] = (median(List.of(rawFirst), Times::added) + median(List.of(viewFirst), Times::added)) / 2;
                views.addAll(List.of(rawFirst, viewFirst));
                control.add(round(etcd, false, i % 2 == 0, PAUSE));
            }
            List<List<Times>> stream = List.of(round(etcd, true, true, Duration.ZERO));
            Arrays.sort(pairs);
            return List.of(
                    new Answer(
                            "view less raw watch, p50",
                            String.format(
                                    Locale.ROOT,
                                    "%d pairs of rounds from %.1f us to %.1f us, p99 %.0f us",
                                    PAIRS,
                                    pairs[0],
                                    pairs[PAIRS - 1],
                                    quantile(views, Times::added, 0.99)),
                            pairs[PAIRS / 2],
                            10,
                            "us"),
                    Answer.explaining(
                            "a raw watch in the view's place, p50",
                            "p99 " + Math.round(quantile(control, Times::added, 0.99)) + " us",
                            median(control, Times::added),
                            "us"),
                    inside("inside the view after 2 ms of pause, p50", views),
                    inside("inside the view in a stream of puts, p50", stream));
        }
    }

    private static Answer inside(String what, List<List<Times>> rounds) {
        return Answer.explaining(
                what,
                String.format(Locale.ROOT, "of it reading the value %.1f us", median(rounds, Times::reading)),
                median(rounds, Times::inside),
                "us");
    }

    private static double median(List<List<Times>> rounds, ToDoubleFunction<Times> of) {
        return quantile(rounds, of, 0.5);
    }

    private static double quantile(List<List<Times>> rounds, ToDoubleFunction<Times> of, double part) {
        double[] all = rounds.stream().flatMap(List::stream).mapToDouble(of).toArray();
        Arrays.sort(all);
        return all[(int) (all.length * part)];
    }

    /** Enough events for the compiler to be done with the view: alone, and many at a time. */
    private static void warmUp(EtcdProcess etcd) throws Exception {
        String service = "bench.view.warm";
        Layout layout = Layouts.of("go-micro", null);
        try (RawWatch raw = new RawWatch(etcd.endpoint(), 1);
                Rollcall rollcall = connect(etcd)) {
            ServiceView view = rollcall.service(service);
            long last = 0;
            for (int i = 0; i < WARM_UP_TXNS; i++) {
                int step = i;
                raw.put(
                        layout,
                        IntStream.range(0, INSTANCES)
                                .mapToObj(at -> instance(service, at, step))
                                .toList());
                last = raw.put(layout, instance(service, i % INSTANCES, -i));
            }
            Reader reader = new Reader(() -> view.snapshot().revision(), INSTANCES);
            reader.start();
            reader.seen.at(last);
            reader.over = true;
            reader.join();
        }
    }

    private static Rollcall connect(EtcdProcess etcd) {
        return Rollcall.connect("etcd://" + etcd.endpoint() + "?layout=" + TimedLayouts.NAME);
    }

    private static List<Times> round(EtcdProcess etcd, boolean withView, boolean rawFirst, Duration pause)
            throws Exception {
        String service = "bench.view." + System.nanoTime();
        Layout layout = Layouts.of("go-micro", null);
        int revisions = WARM_UP + PUTS + 1;
        try (RawWatch raw = new RawWatch(etcd.endpoint(), revisions);
                RawWatch second = new RawWatch(etcd.endpoint(), revisions);
                Rollcall rollcall = connect(etcd)) {
            long start = 0;
            for (int i = 0; i < INSTANCES; i++) {
                start = raw.put(layout, instance(service, i, 0));
            }
            if (rawFirst) {
                raw.watch(layout.prefix(service), start);
            }
            LongSupplier revision = second::revision;
            if (withView) {
                ServiceView view = rollcall.service(service);
                revision = () -> view.snapshot().revision();
            } else {
                second.watch(layout.prefix(service), start);
            }
            if (!rawFirst) {
                raw.watch(layout.prefix(service), start);
            }
            Reader reader = new Reader(revision, revisions);
            reader.start();
            reader.seen.at(start);
            List<Times> times = new ArrayList<>();
            for (int i = 0; i < WARM_UP + PUTS; i++) {
                long put = raw.put(layout, instance(service, i % INSTANCES, i + 1));
                long seen = reader.seen.at(put);
                long received = raw.received().at(put);
                if (i >= WARM_UP) {
                    times.add(new Times(
                            (seen - received) / 1e3,
                            (seen - TimedLayouts.began()) / 1e3,
                            (TimedLayouts.ended() - TimedLayouts.began()) / 1e3));
                }
                if (!pause.isZero()) {
                    LockSupport.parkNanos(pause.toNanos());
                }
            }
            reader.over = true;
            reader.join();
            return times;
        }
    }

    private static Instance instance(String service, int i, int step) {
        return Instance.of(service, "10.0.0." + i, 8080)
                .withId(service + "-" + i)
                .withMetadata("zone", "a")
                .withMetadata("protocol", "grpc")
                .withMetadata("server", "grpc")
                .withMetadata("step", Integer.toString(step));
    }

    /** Spins and notes when each revision was first seen. */
    private static final class Reader extends Thread {
        private final LongSupplier revision;
        private final Stamps seen;
        private volatile boolean over;

        Reader(LongSupplier revision, int revisions) {
            super("reader");
            setDaemon(true);
            this.revision = revision;
            this.seen = new Stamps(revisions);
        }

        @Override
        public void run() {
            long known = revision.getAsLong();
            seen.start(known);
            while (!over) {
                long now = revision.getAsLong();
                if (now != known) {
                    seen.note(now);
                    known = now;
                }
            }
        }
    }
}
