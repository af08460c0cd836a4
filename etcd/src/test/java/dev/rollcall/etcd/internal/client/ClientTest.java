package dev.rollcall.etcd.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.Event;
import dev.rollcall.Event.Connected;
import dev.rollcall.Event.Disconnected;
import dev.rollcall.UnavailableException;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.testing.EtcdCluster;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Ports;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What cannot be shown through the facade: DNS, a lost quorum at the start, listeners with bugs, too many questions. */
@Tag("etcd")
class ClientTest {
    private static final String DEAD = "127.0.0.9";
    private static final String LIVE = "127.0.0.1";

    private static EtcdProcess etcd;

    private final ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1);
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Engine engine = new Engine(timers, System::nanoTime, new Random(1), events::add);
    private final List<String> dns = new CopyOnWriteArrayList<>();
    private final AtomicInteger lookups = new AtomicInteger();
    private final CountDownLatch end = new CountDownLatch(1);

    private Client client = client(Runnable::run, new Server("etcd.test", Ports.free(), false));

    ClientTest() {
        timers.setRemoveOnCancelPolicy(true);
    }

    @BeforeAll
    static void launch() {
        etcd = EtcdProcess.launch();
    }

    @AfterAll
    static void endEtcd() {
        etcd.close();
    }

    @AfterEach
    void close() {
        end.countDown();
        engine.run(client::close);
        timers.shutdownNow();
    }

    private Client client(java.util.concurrent.Executor threads, Server... servers) {
        ClientSettings settings = new ClientSettings(
                List.of(servers),
                ClientSettings.Tls.SYSTEM,
                null,
                null,
                Duration.ofMillis(300),
                Duration.ofMillis(500),
                "/micro/registry/");
        return new Client(engine, settings, new Addresses(engine, this::lookup, threads));
    }

    /** A DNS that knows one name, and hangs for another. */
    private InetAddress[] lookup(String host) throws UnknownHostException {
        lookups.incrementAndGet();
        if (host.equals("hangs.test")) {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (!host.equals("etcd.test")) {
            return InetAddress.getAllByName(host);
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String address : dns) {
            addresses.add(InetAddress.getByName(address));
        }
        if (addresses.isEmpty()) {
            throw new UnknownHostException(host);
        }
        return addresses.toArray(new InetAddress[0]);
    }

    private void start(Server... servers) {
        client = client(Runnable::run, servers);
        client.start();
    }

    private static Server named() {
        return new Server("etcd.test", etcd.port(), false);
    }

    private <E extends Event> List<E> heard(int count, Class<E> kind) {
        await().pollInterval(Duration.ofMillis(5))
                .until(() -> events.stream().filter(kind::isInstance).count() >= count);
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Test
    void a_name_with_a_dead_and_a_live_address_is_reached() {
        dns.addAll(List.of(DEAD, LIVE));
        start(named());
        heard(1, Connected.class);
        assertThat(events.get(0)).isInstanceOf(Disconnected.class);
        assertThat(events).hasSize(2);
    }

    @Test
    void a_change_in_dns_is_followed() {
        dns.add(DEAD);
        start(named());
        heard(2, Disconnected.class);
        dns.set(0, LIVE);
        heard(1, Connected.class);
    }

    @Test
    void when_dns_forgets_the_host_its_last_addresses_are_used() {
        dns.add(LIVE);
        start(named());
        heard(1, Connected.class);
        dns.clear();
        int before = lookups.get();
        engine.run(() -> Objects.requireNonNull(client.connection()).fail(Status.UNAVAILABLE));
        heard(2, Connected.class);
        assertThat(lookups.get()).isGreaterThan(before);
    }

    @Test
    void a_host_that_dns_never_knew_is_named() {
        start(named());
        assertThat(heard(1, Disconnected.class).get(0).problem())
                .hasMessage("etcd at etcd.test:" + etcd.port() + ": DNS does not know this host");
        dns.add(LIVE);
        heard(1, Connected.class);
    }

    @Test
    void a_dns_that_hangs_costs_one_deadline_and_one_thread() {
        Server hanging = new Server("hangs.test", etcd.port(), false);
        client = client(task -> new Thread(task).start(), hanging, new Server(LIVE, etcd.port(), false));
        client.start();
        heard(1, Connected.class);
        assertThat(heard(1, Disconnected.class).get(0).problem())
                .hasMessage("etcd at hangs.test:" + etcd.port() + ": DNS gave no answer in 300 ms");
        for (int round = 2; round < 4; round++) {
            engine.run(() -> Objects.requireNonNull(client.connection()).fail(Status.UNAVAILABLE));
            heard(round, Connected.class);
        }
        assertThat(lookups.get()).isEqualTo(1 + 3); // one for the name that hangs
    }

    @Test
    void a_listener_with_a_bug_costs_the_connection_and_nothing_else() {
        AtomicInteger connected = new AtomicInteger();
        dns.add(LIVE);
        client = client(Runnable::run, named());
        engine.run(() -> client.listen(new Client.Listener() {
            @Override
            public void connected(Connection connection) {
                if (connected.incrementAndGet() < 3) {
                    throw new IllegalStateException("a bug in connected");
                }
            }

            @Override
            public void disconnected() {
                throw new IllegalStateException("a bug in disconnected");
            }
        }));
        client.start();
        heard(3, Connected.class);
        CompletableFuture<String> answer =
                client.ask("which server", Duration.ofSeconds(5), (on, reply) -> reply.answered(on.endpoint()));
        assertThat(answer).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("etcd.test:" + etcd.port());
        assertThat(engine.counters()).containsEntry("bugs", 4L);
    }

    @Test
    void a_server_that_takes_us_on_and_drops_us_again_is_asked_less_and_less_often() {
        dns.add(LIVE);
        client = client(Runnable::run, named());
        engine.run(() -> client.listen(new Client.Listener() {
            @Override
            public void connected(Connection connection) {
                connection.fail(Status.UNAVAILABLE);
            }

            @Override
            public void disconnected() {}
        }));
        client.start();
        long start = System.nanoTime();
        heard(8, Connected.class);
        // delays are random, each below a bound that doubles from 100 ms to 500 ms; seven of them near zero do not
        // happen
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(200));
    }

    @Test
    void questions_that_wait_are_bounded_and_end_with_the_client() {
        start(named());
        heard(1, Disconnected.class);
        List<CompletableFuture<String>> waiting = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            waiting.add(client.ask("question", Duration.ofMinutes(1), (on, reply) -> reply.answered("yes")));
        }
        CompletableFuture<String> tooMany =
                client.ask("one more", Duration.ofMinutes(1), (on, reply) -> reply.answered("yes"));
        assertThatThrownBy(tooMany::join)
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContaining("one more: 1000 questions wait for etcd already (expected: fewer than 1000)");
        engine.run(client::close);
        assertThatThrownBy(() -> waiting.get(999).get(5, TimeUnit.SECONDS))
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContaining("question: closed");
        await().until(() -> timers.getQueue().isEmpty()); // no timer outlives the client
    }

    @Test
    @Tag("cluster")
    void without_a_quorum_a_cold_start_is_offered_what_a_server_still_knows() {
        try (EtcdCluster cluster = EtcdCluster.launch()) {
            cluster.ctl().put("/micro/registry/x", "what was known");
            EtcdProcess survivor = cluster.followers().get(0);
            cluster.members().stream().filter(each -> each != survivor).forEach(EtcdProcess::kill);

            List<String> known = new CopyOnWriteArrayList<>();
            client = client(Runnable::run, new Server(LIVE, survivor.port(), false));
            engine.run(() -> client.listen(new Client.Listener() {
                @Override
                public void connected(Connection connection) {
                    known.clear();
                    known.add("a quorum");
                }

                @Override
                public void disconnected() {}

                @Override
                public void degraded(Connection connection) {
                    RangeRequest request = RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("/micro/registry/x"))
                            .setSerializable(true)
                            .build();
                    connection.call(KVGrpc.getRangeMethod(), request, new Reply<RangeResponse>() {
                        @Override
                        public void answered(RangeResponse answer) {
                            known.add(answer.getKvs(0).getValue().toStringUtf8());
                        }

                        @Override
                        public void failed(Status status) {
                            known.add(status.toString());
                        }
                    });
                }
            }));
            client.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> known.contains("what was known"));
            String lost = "etcd at " + survivor.endpoint()
                    + ": no leader: most of its cluster is away, or it is electing one";
            await().until(() -> client.problem().isPresent()
                    && lost.equals(client.problem().get().getMessage()));
            cluster.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> known.contains("a quorum"));
        }
    }
}
