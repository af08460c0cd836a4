package dev.rollcall.etcd.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Registration.State;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.internal.client.Client;
import dev.rollcall.etcd.internal.client.ClientSettings;
import dev.rollcall.etcd.internal.client.Connection;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.internal.client.Reply;
import dev.rollcall.etcd.internal.client.Server;
import dev.rollcall.etcd.internal.client.Watches;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * One provider with a time of its own that stands still until {@link #pass}: only the network is real. Several may share one etcd,
 * and a time.
 */
final class Provider implements AutoCloseable {
    static final Duration TTL = Duration.ofSeconds(30);
    private static final RangeRequest NOTHING =
            RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("nothing")).build();
    private static final List<String> METHODS =
            List.of("Txn", "LeaseGrant", "LeaseRevoke", "LeaseTimeToLive", "LeaseKeepAlive", "Watch");

    final List<State> states = new CopyOnWriteArrayList<>();
    final Session session;
    private final ScriptedEtcd etcd;
    private final VirtualTime time;
    private final Engine engine;
    private final Client client;
    private final Runnable settle = this::settle;

    Provider(ScriptedEtcd etcd, VirtualTime time, Duration timeout, Layout... layouts) {
        this.etcd = etcd;
        this.time = time;
        engine = new Engine(time, time::nanos, new Random(7), event -> {
            if (event instanceof Event.RegistrationChanged changed) {
                states.add(changed.to());
            } else if (event instanceof Event.ListenerFailed failed) {
                failed.thrown().printStackTrace();
            }
        });
        int colon = etcd.endpoint().indexOf(':');
        int port = Integer.parseInt(etcd.endpoint().substring(colon + 1));
        ClientSettings settings = new ClientSettings(
                List.of(new Server("127.0.0.1", port, false)),
                ClientSettings.Tls.SYSTEM,
                null,
                null,
                timeout,
                Duration.ofSeconds(5),
                "/micro/registry/");
        client = new Client(engine, settings);
        Watches watches = new Watches(engine);
        List<Layout> written = layouts.length == 0 ? List.of(Layouts.of("go-micro", null)) : List.of(layouts);
        session = new Session(engine, client, watches, written, TTL);
        engine.run(() -> {
            client.listen(watches);
            client.listen(session);
        });
        time.settle(settle);
        client.start();
        connected();
    }

    static Instance instance(String id) {
        return Instance.of("svc", "10.0.0.7", 8080).withId(id);
    }

    static String key(String id) {
        return "/micro/registry/svc/" + id;
    }

    /** Registers, and passes the little time that it takes. */
    EtcdRegistration registered(Instance instance) {
        EtcdRegistration registration = session.register(instance);
        becomes(registration, State.REGISTERED);
        return registration;
    }

    EtcdRegistration register(Instance instance) {
        return session.register(instance);
    }

    /** Passes the least time, a minute at most, after which the registration has this state. */
    void becomes(EtcdRegistration registration, State state) {
        for (int i = 0; i < 1200 && registration.state() != state; i++) {
            pass(Duration.ofMillis(50));
        }
        assertThat(registration.state())
                .as(() -> states + " " + registration.problem())
                .isEqualTo(state);
    }

    /** Lets time pass; every answer that is on its way arrives in between. */
    void pass(Duration by) {
        time.advance(by);
    }

    /** Closes without blocking; {@link #becomes} CLOSED shows the end. */
    void leave(EtcdRegistration registration) {
        registration.beginToLeave(Session.LEAVE_WITHIN);
    }

    /** Waits, in real time, until it is connected. */
    void connected() {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    time.advance(Duration.ofMillis(50));
                    return isConnected();
                });
    }

    /** Waits, in real time, until it has noticed that there is no etcd. */
    void disconnected() {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> !isConnected());
    }

    boolean isConnected() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        engine.run(() -> answer.complete(client.connection() != null));
        return answer.join();
    }

    long counter(String name) {
        return engine.counters().getOrDefault(name, 0L);
    }

    /**
     * Waits until no answer is on its way. What is asked after all others is answered after them, or together with the last of
     * them, since HTTP/2 mixes streams: hence twice.
     */
    private void settle() {
        long before;
        do {
            before = requests();
            roundTrip();
            roundTrip();
        } while (requests() != before);
    }

    private void roundTrip() {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        engine.run(() -> {
            Connection on = client.connection();
            if (on == null) {
                over.complete(true);
                return;
            }
            on.call(KVGrpc.getRangeMethod(), NOTHING, new Reply<RangeResponse>() {
                @Override
                public void answered(RangeResponse answer) {
                    over.complete(true);
                }

                @Override
                public void failed(Status status) {
                    over.complete(false);
                }
            });
        });
        over.join();
    }

    private long requests() {
        return METHODS.stream()
                .mapToLong(method -> etcd.received(method).size())
                .sum();
    }

    /** All transactions that etcd received that write something. */
    static List<TxnRequest> writes(ScriptedEtcd etcd) {
        return transactions(etcd)
                .filter(txn -> txn.getSuccessList().stream().anyMatch(op -> !op.hasRequestRange()))
                .toList();
    }

    static long puts(ScriptedEtcd etcd) {
        return transactions(etcd).filter(Provider::puts).count();
    }

    static boolean puts(TxnRequest txn) {
        return txn.getSuccessList().stream().anyMatch(RequestOp::hasRequestPut);
    }

    static long reads(ScriptedEtcd etcd) {
        return transactions(etcd)
                .filter(txn -> txn.getSuccessList().stream().allMatch(RequestOp::hasRequestRange))
                .count();
    }

    private static Stream<TxnRequest> transactions(ScriptedEtcd etcd) {
        return etcd.received("Txn").stream().map(one -> (TxnRequest) one.request());
    }

    static KeyValue stored(ScriptedEtcd etcd, String id) {
        return etcd.get(key(id)).orElseThrow();
    }

    @Override
    public void close() {
        time.forget(settle);
        engine.run(client::close);
    }
}
