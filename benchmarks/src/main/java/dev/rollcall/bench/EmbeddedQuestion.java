package dev.rollcall.bench;

import com.google.protobuf.ByteString;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import dev.rollcall.testing.EtcdProcess;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * The embedded etcd, in memory and in the JVM of its clients, in turns with the installed one, which {@code ./bench} lets write to a
 * file system in memory where there is one. Of three ratios the middle one is told. It needs
 * {@code ./rollcall} and builds it, if it is not up to date.
 */
final class EmbeddedQuestion implements Question {
    private static final int ROUNDS = 3;
    private static final long PUTS_MILLIS = 1_500;
    private static final long RANGES_MILLIS = 1_000;
    private static final int WATCHERS = 1_000;
    private static final int EVENTS = 200;
    private static final int KEYS = 100_000;

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public String title() {
        return "How fast is the embedded etcd, against a real one?";
    }

    @Override
    public String remark() {
        boolean tmpfs = System.getProperty("java.io.tmpdir", "").startsWith("/dev/shm");
        return "The real one writes to " + (tmpfs ? "tmpfs" : "this machine's disk, since there is no tmpfs") + ".";
    }

    /** What one server did in one round, each per second. */
    private record Round(double puts, double ranges, double events) {}

    @Override
    public List<Answer> ask() throws Exception {
        List<Answer> answers = new ArrayList<>(starts());
        embedded(2 * PUTS_MILLIS); // compiles the hot code
        List<Round> real = new ArrayList<>();
        List<Round> ours = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            real.add(real());
            ours.add(embedded(PUTS_MILLIS));
        }
        answers.add(compare("puts by 16 clients", real, ours, Round::puts));
        answers.add(compare("events to 1,000 watchers", real, ours, Round::events));
        Answer reads = compare("reads of a key by 16 clients", real, ours, Round::ranges);
        answers.add(Answer.explaining(reads.what(), reads.measured(), reads.value(), reads.unit()));
        answers.add(memory());
        return answers;
    }

    private static Round real() throws InterruptedException {
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            return round(etcd.endpoint(), PUTS_MILLIS);
        }
    }

    private static Round embedded(long putsMillis) throws InterruptedException {
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start()) {
            return round(etcd.endpoint(), putsMillis);
        }
    }

    private static Round round(String endpoint, long putsMillis) throws InterruptedException {
        try (EtcdLoad load = new EtcdLoad(endpoint)) {
            return new Round(load.puts(putsMillis), load.ranges(RANGES_MILLIS), load.fanOut(WATCHERS, EVENTS));
        }
    }

    private static Answer compare(String what, List<Round> real, List<Round> ours, ToDoubleFunction<Round> figure) {
        double[] ratios = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        double[] own = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            theirs[i] = figure.applyAsDouble(real.get(i));
            own[i] = figure.applyAsDouble(ours.get(i));
            ratios[i] = theirs[i] / own[i];
        }
        String measured = String.format(Locale.ROOT, "etcd %,.0f/s, embedded %,.0f/s", middle(theirs), middle(own));
        return new Answer(what + ", etcd / embedded", measured, middle(ratios), 1, "x");
    }

    private static List<Answer> starts() throws IOException {
        double[] warm = new double[20];
        EmbeddedEtcd.start().close();
        for (int i = 0; i < warm.length; i++) {
            long start = System.nanoTime();
            EmbeddedEtcd etcd = EmbeddedEtcd.start();
            warm[i] = (System.nanoTime() - start) / 1e6;
            etcd.close();
        }
        process(); // may build first
        double[] whole = new double[5];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = process();
        }
        return List.of(
                new Answer("start in a warm JVM, p50", "", middle(warm), 300, "ms"),
                new Answer("start of ./rollcall dev, p50", "", middle(whole), 1_000, "ms"));
    }

    /** Milliseconds from the start of the command to its line that it serves. */
    private static double process() throws IOException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of("rollcall").toAbsolutePath().toString(), "dev", "--port", "0", "--json")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String line = process.inputReader().readLine();
            if (line == null) {
                throw new IOException("rollcall dev: ended (expected: a line that says where it serves)");
            }
            return (System.nanoTime() - start) / 1e6;
        } finally {
            process.destroy();
        }
    }

    private static Answer memory() {
        long before = used();
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start()) {
            ManagedChannel channel = Grpc.newChannelBuilder(etcd.endpoint(), InsecureChannelCredentials.create())
                    .build();
            try {
                fill(KVGrpc.newBlockingStub(channel));
            } finally {
                channel.shutdownNow();
            }
            return new Answer("heap of 100,000 keys of 256 bytes", "", (used() - before) / 1e6, 200, "MB");
        }
    }

    private static void fill(KVGrpc.KVBlockingStub kv) {
        ByteString value = ByteString.copyFrom(new byte[256]);
        for (int i = 0; i < KEYS; i += 100) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int j = i; j < i + 100; j++) {
                PutRequest.Builder put = PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("/micro/registry/service/" + j))
                        .setValue(value);
                txn.addSuccess(RequestOp.newBuilder().setRequestPut(put));
            }
            var unused = kv.withDeadlineAfter(10, TimeUnit.SECONDS).txn(txn.build());
        }
    }

    private static long used() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static double middle(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
