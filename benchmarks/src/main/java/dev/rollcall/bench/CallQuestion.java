package dev.rollcall.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.bench.CallServer.Servers;
import dev.rollcall.grpc.ChannelArgs;
import dev.rollcall.testing.EtcdProcess;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import io.grpc.stub.ClientCalls;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The same calls through a channel that finds its instances by name and through one that was given their addresses, in turns of a
 * fraction of a second; the servers are in a process of their own. The ratio is that of the calls made in two turns side by side;
 * of 17 such ratios the median is told, and the interval that holds it with a probability of 95 % (the 5th and the 13th).
 */
final class CallQuestion implements Question {
    private static final int SERVERS = 3;
    private static final int TURNS = 17;
    private static final int LOW = 4;
    private static final int HIGH = 12;
    private static final long TURN = TimeUnit.MILLISECONDS.toNanos(300);
    private static final double LEAST = 0.97;
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    @Override
    public String name() {
        return "call";
    }

    @Override
    public String title() {
        return "What does a call by name cost, against grpc-java's round_robin over fixed addresses?";
    }

    /** Calls made in a turn, and the CPU time of this process for each, in nanoseconds. */
    private record Turn(double calls, double cpu) {}

    @Override
    public List<Answer> ask() throws Exception {
        try (EtcdProcess etcd = EtcdProcess.launch();
                Servers servers = Servers.start(SERVERS);
                Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint())) {
            for (int port : servers.ports()) {
                rollcall.register(Instance.of("bench.echo", "127.0.0.1", port)).await(Duration.ofSeconds(10));
            }
            NameResolverRegistry.getDefaultRegistry().register(new Fixed(servers.ports()));
            ManagedChannel fixed = ManagedChannelBuilder.forTarget("fixed:///bench.echo")
                    .defaultLoadBalancingPolicy("round_robin")
                    .usePlaintext()
                    .build();
            ManagedChannel named = ManagedChannelBuilder.forTarget("rollcall:///bench.echo")
                    .setNameResolverArg(ChannelArgs.ROLLCALL, rollcall)
                    .usePlaintext()
                    .build();
            try {
                turn(fixed, 16, 10 * TURN);
                turn(named, 16, 10 * TURN);
                List<Answer> answers = new ArrayList<>();
                for (int callers : new int[] {1, 16, 64}) {
                    answers.add(compare(named, fixed, callers));
                }
                return answers;
            } finally {
                fixed.shutdownNow();
                named.shutdownNow();
            }
        }
    }

    private static Answer compare(Channel named, Channel fixed, int callers) throws InterruptedException {
        turn(fixed, callers, 3 * TURN);
        turn(named, callers, 3 * TURN);
        double[] ratios = new double[TURNS];
        double[] cpu = new double[TURNS];
        double[] fixedCpu = new double[TURNS];
        for (int i = 0; i < TURNS; i++) {
            boolean namedFirst = i % 2 == 0;
            Turn one = turn(namedFirst ? named : fixed, callers, TURN);
            Turn other = turn(namedFirst ? fixed : named, callers, TURN);
            Turn ours = namedFirst ? one : other;
            Turn theirs = namedFirst ? other : one;
            ratios[i] = ours.calls / theirs.calls;
            cpu[i] = ours.cpu;
            fixedCpu[i] = theirs.cpu;
        }
        Arrays.sort(ratios);
        Arrays.sort(cpu);
        Arrays.sort(fixedCpu);
        String measured = String.format(
                Locale.ROOT,
                "throughput %.3f x, 95 %% within %.3f to %.3f; client CPU per call %.1f us / %.1f us",
                ratios[TURNS / 2],
                ratios[LOW],
                ratios[HIGH],
                cpu[TURNS / 2] / 1e3,
                fixedCpu[TURNS / 2] / 1e3);
        return new Answer(
                callers + (callers == 1 ? " caller" : " callers"), measured, 1 / ratios[HIGH], 1 / LEAST, "x");
    }

    private static Turn turn(Channel channel, int callers, long nanos) throws InterruptedException {
        AtomicLong calls = new AtomicLong();
        byte[] message = new byte[64];
        long cpu = SYSTEM.getProcessCpuTime();
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            Thread thread = new Thread(
                    () -> {
                        long made = 0;
                        while (System.nanoTime() - start < nanos) {
                            ClientCalls.blockingUnaryCall(
                                    channel,
                                    CallServer.ECHO,
                                    CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                                    message);
                            made++;
                        }
                        calls.addAndGet(made);
                    },
                    "caller");
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double used = SYSTEM.getProcessCpuTime() - cpu;
        return new Turn(calls.get() / seconds, used / calls.get());
    }

    /** Resolves every name to the same addresses. */
    private static final class Fixed extends NameResolverProvider {
        private final List<EquivalentAddressGroup> addresses;

        Fixed(List<Integer> ports) {
            addresses = ports.stream()
                    .map(port ->
                            new EquivalentAddressGroup(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
                    .toList();
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getDefaultScheme() {
            return "fixed";
        }

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "bench.echo";
                }

                @Override
                public void start(Listener2 listener) {
                    listener.onResult2(ResolutionResult.newBuilder()
                            .setAddressesOrError(StatusOr.fromValue(addresses))
                            .build());
                }

                @Override
                public void shutdown() {}
            };
        }
    }
}
