package dev.rollcall.etcd.embedded;

import static dev.rollcall.etcd.embedded.Peer.bytes;

import dev.rollcall.etcd.api.Compare;
import dev.rollcall.etcd.api.Compare.CompareResult;
import dev.rollcall.etcd.api.Compare.CompareTarget;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Eight clients that read and write a few keys at once, while others watch; afterwards what all of them saw is checked by
 * {@link History} and {@link WatchTrace}.
 */
final class Workload {
    private static final int CLIENTS = 8;
    private static final List<String> KEYS = List.of("k0", "k1", "k2", "k3");

    private final String endpoint;
    private final long seed;
    private final boolean bookmarks;

    /** Asks for bookmarks while it runs, if so told: etcd before 3.4.25 may send them too early. */
    Workload(String endpoint, long seed, boolean bookmarks) {
        this.endpoint = endpoint;
        this.seed = seed;
        this.bookmarks = bookmarks;
    }

    /** Throws an {@link AssertionError} that says what was seen and cannot be. */
    void run(int callsPerClient) {
        ExecutorService executor = Executors.newFixedThreadPool(CLIENTS);
        try (Peer peer = Peer.at(endpoint)) {
            long first = peer.put("start", "") + 1;
            List<WatchTrace> traces = WatchTrace.open(peer, first, seed);
            List<Future<List<History.Call>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                String name = "c" + i;
                clients.add(executor.submit(() -> client(name, random, callsPerClient)));
            }
            while (bookmarks && !done(clients.get(0))) {
                traces.forEach(WatchTrace::askForBookmark);
            }
            List<History.Call> calls = new ArrayList<>();
            for (Future<List<History.Call>> client : clients) {
                calls.addAll(client.get(120, TimeUnit.SECONDS));
            }
            History history = new History(first, calls);
            history.checkLinearizable();
            for (WatchTrace trace : traces) {
                trace.finish(history);
                trace.check(history);
                trace.close();
            }
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            throw new IllegalStateException("seed " + seed, e);
        } finally {
            executor.shutdownNow();
        }
    }

    private static boolean done(Future<?> client) throws ExecutionException, InterruptedException {
        try {
            client.get(5, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        }
    }

    private List<History.Call> client(String name, SplittableRandom random, int count) {
        List<History.Call> calls = new ArrayList<>();
        try (Peer peer = Peer.at(endpoint)) {
            for (int i = 0; i < count; i++) {
                String key = KEYS.get(random.nextInt(KEYS.size()));
                String value = name + "-" + i;
                long begin = System.nanoTime();
                History.Seen seen = switch (random.nextInt(6)) {
                    case 0, 1 -> put(peer, key, value);
                    case 2 -> delete(peer, key);
                    case 3 -> swap(peer, key, KEYS.get(random.nextInt(KEYS.size())), value);
                    default -> get(peer, key);
                };
                calls.add(new History.Call(begin, System.nanoTime(), seen));
            }
        }
        return calls;
    }

    private static History.Seen put(Peer peer, String key, String value) {
        PutResponse answer = peer.kv()
                .put(PutRequest.newBuilder()
                        .setKey(bytes(key))
                        .setValue(bytes(value))
                        .setPrevKv(true)
                        .build());
        String before = answer.hasPrevKv() ? answer.getPrevKv().getValue().toStringUtf8() : History.NOTHING;
        return new History.Seen(answer.getHeader().getRevision(), Map.of(key, value), Map.of(key, before), Map.of());
    }

    private static History.Seen delete(Peer peer, String key) {
        DeleteRangeResponse answer = peer.kv()
                .deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(bytes(key))
                        .setPrevKv(true)
                        .build());
        long revision = answer.getHeader().getRevision();
        if (answer.getDeleted() == 0) {
            return new History.Seen(revision, Map.of(), Map.of(), Map.of(key, History.NOTHING));
        }
        String before = answer.getPrevKvs(0).getValue().toStringUtf8();
        return new History.Seen(revision, Map.of(key, History.NOTHING), Map.of(key, before), Map.of());
    }

    private static History.Seen get(Peer peer, String key) {
        return read(
                key,
                peer.kv().range(RangeRequest.newBuilder().setKey(bytes(key)).build()));
    }

    private static History.Seen read(String key, RangeResponse answer) {
        String value = answer.getKvsCount() == 0
                ? History.NOTHING
                : answer.getKvs(0).getValue().toStringUtf8();
        return new History.Seen(answer.getHeader().getRevision(), Map.of(), Map.of(), Map.of(key, value));
    }

    /** Reads one key, then writes it and another one if it is still the same. */
    private static History.Seen swap(Peer peer, String key, String other, String value) {
        RangeResponse read =
                peer.kv().range(RangeRequest.newBuilder().setKey(bytes(key)).build());
        long version = read.getKvsCount() == 0 ? 0 : read.getKvs(0).getModRevision();
        Map<String, String> writes = new TreeMap<>();
        writes.put(key, value);
        writes.put(other, value);
        TxnRequest.Builder txn = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(bytes(key))
                        .setTarget(CompareTarget.MOD)
                        .setResult(CompareResult.EQUAL)
                        .setModRevision(version));
        writes.forEach((name, text) -> txn.addSuccess(RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(bytes(name)).setValue(bytes(text)))));
        txn.addFailure(
                RequestOp.newBuilder().setRequestRange(RangeRequest.newBuilder().setKey(bytes(key))));
        TxnResponse answer = peer.kv().txn(txn.build());
        if (answer.getSucceeded()) {
            String before = read.getKvsCount() == 0
                    ? History.NOTHING
                    : read.getKvs(0).getValue().toStringUtf8();
            return new History.Seen(answer.getHeader().getRevision(), writes, Map.of(key, before), Map.of());
        }
        return read(key, answer.getResponses(0).getResponseRange());
    }
}
