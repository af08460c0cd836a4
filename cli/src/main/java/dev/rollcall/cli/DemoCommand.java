package dev.rollcall.cli;

import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceView;
import dev.rollcall.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code rollcall demo}: three instances in three processes on an etcd, a caller that never stops calling, and what happens when one
 * is killed, one leaves and one comes back. Brings its own etcd, unless {@code --registry} names one; leaves nothing behind.
 */
@Command(
        name = "demo",
        header = "Shows what happens when instances are killed, leave and come back.",
        sortOptions = false,
        abbreviateSynopsis = true)
final class DemoCommand implements Callable<Integer> {
    private static final String SERVICE = "hello.srv.say";
    private static final String TTL = "3s";
    private static final Duration A_WHILE = Duration.ofMillis(1500);
    private static final Duration AT_MOST = Duration.ofSeconds(20);
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final Cli cli;
    private final long began = System.nanoTime();

    @Option(names = "--keep", description = "stay until Ctrl-C, to try commands by hand")
    private boolean keep;

    DemoCommand(Cli cli) {
        this.cli = cli;
    }

    /** Ctrl-C. */
    private static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Override
    public Integer call() throws IOException {
        cli.console().stop().heed();
        List<DemoProcess> processes = new ArrayList<>();
        try (DemoEtcd etcd = DemoEtcd.start(cli.registry())) {
            try {
                return tell(etcd, processes);
            } catch (StoppedException stopped) {
                return Cli.OK;
            } finally {
                processes.forEach(DemoProcess::close);
            }
        } catch (DemoFailedException e) {
            cli.console().note(String.valueOf(e.getMessage()));
            return Cli.FAILED;
        }
    }

    private int tell(DemoEtcd etcd, List<DemoProcess> processes) throws IOException {
        say(
                etcd.own()
                        ? "an etcd inside this process listens on " + etcd.url() + " (its data goes when the demo ends)"
                        : "the etcd at " + etcd.url() + " is used");
        for (String id : List.of("say-1", "say-2", "say-3")) {
            processes.add(DemoProcess.start(SERVICE, id, TTL, etcd.url()));
        }
        say("three processes register " + SERVICE + ", each with a lease of " + TTL);
        try (Rollcall rollcall = connect(etcd);
                ServiceView view = rollcall.service(SERVICE)) {
            rollcall.watch(SERVICE, this::narrate);
            await("three instances", () -> view.snapshot().size() == 3);
            try (DemoCaller caller = new DemoCaller(view)) {
                say("a caller picks an instance for each call, connects to it, and is answered with its id");
                pause();
                DemoSummary.Times times = fate(etcd, processes, view);
                pause();
                DemoCaller.Counts counts = caller.finish();
                summary(times, counts, etcd, processes.get(3));
                if (keep) {
                    cli.console().stop().await(FOR_EVER);
                }
                return counts.failed() == 0 ? Cli.OK : Cli.FAILED;
            }
        }
    }

    /** Without the user's variables, which are about another etcd. */
    private static Rollcall connect(DemoEtcd etcd) {
        return Rollcall.builder().registry(etcd.url()).environment(Map.of()).connect();
    }

    private DemoSummary.Times fate(DemoEtcd etcd, List<DemoProcess> processes, ServiceView view) throws IOException {
        DemoProcess second = processes.get(1);
        say("kill -9 " + second.pid() + " (say-2): it cannot say good-bye");
        second.kill();
        Duration killed = await("say-2's lease to end", () -> !listed(view, "say-2"));
        pause();
        DemoProcess third = processes.get(2);
        say("kill " + third.pid() + " (say-3): it leaves gracefully");
        third.leave();
        Duration drained = await("say-3 to drain", () -> !asksForCalls(view, "say-3"));
        Duration left = drained.plus(await("say-3 to leave", () -> !listed(view, "say-3")));
        pause();
        say("say-2 is started again");
        processes.add(DemoProcess.start(SERVICE, "say-2", TTL, etcd.url()));
        Duration back = await("say-2 to be back", () -> listed(view, "say-2"));
        return new DemoSummary.Times(killed, drained, left, back);
    }

    private void narrate(ServiceSnapshot snapshot, List<Change> changes) {
        for (Change change : changes) {
            Instance instance = change.instance();
            say("  "
                    + switch (change.kind()) {
                        case JOINED -> "+ " + instance.id() + " joined, " + instance.address();
                        case UPDATED -> "~ " + instance.id() + " is " + Show.status(instance);
                        case LEFT_GRACEFULLY -> "- " + instance.id() + " left gracefully";
                        case LOST -> "- " + instance.id() + " is lost: the lease ended";
                        case LEFT -> "- " + instance.id() + " left";
                    }
                    + " (" + snapshot.size() + " in all)");
        }
    }

    private static boolean listed(ServiceView view, String id) {
        return view.snapshot().instances().stream()
                .anyMatch(instance -> instance.id().equals(id));
    }

    private static boolean asksForCalls(ServiceView view, String id) {
        return view.snapshot().instances().stream()
                .anyMatch(instance -> instance.id().equals(id) && instance.status() == Status.UP);
    }

    /** Waits for something to happen; answers how long it took. */
    private Duration await(String what, BooleanSupplier happened) {
        long start = System.nanoTime();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() - start > AT_MOST.toNanos()) {
                throw new DemoFailedException("waited " + AT_MOST.toSeconds() + "s in vain for " + what);
            }
            stoppable(Duration.ofMillis(2));
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void pause() {
        stoppable(A_WHILE);
    }

    private void stoppable(Duration wait) {
        if (cli.console().stop().await(wait)) {
            throw new StoppedException();
        }
    }

    private void say(String line) {
        if (!cli.json()) {
            double seconds = (System.nanoTime() - began) / 1e9;
            cli.console().print(String.format(Locale.ROOT, "%5.1f s  %s", seconds, line));
        }
    }

    private void summary(DemoSummary.Times times, DemoCaller.Counts counts, DemoEtcd etcd, DemoProcess last) {
        if (cli.json()) {
            cli.console().print(DemoSummary.json(times, counts));
        } else {
            cli.console().print(DemoSummary.text(times, counts, TTL));
            cli.console().print(DemoSummary.byHand(SERVICE, etcd.url(), last.pid(), keep));
        }
    }
}
