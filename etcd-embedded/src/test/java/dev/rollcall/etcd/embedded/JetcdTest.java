package dev.rollcall.etcd.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch.Watcher;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.support.Observers;
import io.etcd.jetcd.watch.WatchEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** etcd's own Java client, unchanged, on the embedded etcd. */
class JetcdTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final EmbeddedEtcd etcd = EmbeddedEtcd.start();
    private final Client client =
            Client.builder().endpoints("http://" + etcd.endpoint()).build();

    @AfterEach
    void stop() {
        client.close();
        etcd.close();
    }

    @Test
    void it_puts_gets_and_deletes() throws Exception {
        done(client.getKVClient().put(bytes("a"), bytes("1")));
        long revision = done(client.getKVClient().put(bytes("a"), bytes("2")))
                .getHeader()
                .getRevision();
        done(client.getKVClient().put(bytes("a/b"), bytes("3")));

        assertThat(values("a", GetOption.builder().isPrefix(true).build())).containsExactly("2", "3");
        assertThat(values("a", GetOption.builder().withRevision(revision - 1).build()))
                .containsExactly("1");
        assertThat(done(client.getKVClient()
                                .delete(
                                        bytes("a"),
                                        DeleteOption.builder().isPrefix(true).build()))
                        .getDeleted())
                .isEqualTo(2);

        done(client.getKVClient().compact(revision));
        assertThatThrownBy(() -> values(
                        "a", GetOption.builder().withRevision(revision - 1).build()))
                .hasMessageContaining("required revision has been compacted");
    }

    @Test
    void its_transactions_succeed_or_fail_whole() throws Exception {
        Cmp absent = new Cmp(bytes("a"), Cmp.Op.EQUAL, CmpTarget.createRevision(0));

        assertThat(create(absent).isSucceeded()).isTrue();
        TxnResponse second = create(absent);

        assertThat(second.isSucceeded()).isFalse();
        assertThat(second.getGetResponses().get(0).getKvs()).hasSize(1);
    }

    @Test
    void its_leases_live_while_they_are_kept_and_take_their_keys_with_them() throws Exception {
        long lease = done(client.getLeaseClient().grant(60)).getID();
        done(client.getKVClient()
                .put(
                        bytes("a"),
                        bytes("1"),
                        PutOption.builder().withLeaseId(lease).build()));
        AtomicLong kept = new AtomicLong();
        CloseableClient keeper =
                client.getLeaseClient().keepAlive(lease, Observers.observer(response -> kept.set(response.getTTL())));
        await().atMost(SOON).until(() -> kept.get() == 60);
        keeper.close();
        assertThat(done(client.getLeaseClient()
                                .timeToLive(
                                        lease,
                                        LeaseOption.builder().withAttachedKeys().build()))
                        .getKeys())
                .containsExactly(bytes("a"));

        etcd.faults().expireLease(lease);

        assertThat(values("a", GetOption.DEFAULT)).isEmpty();
        assertThat(done(client.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT))
                        .getTTL())
                .isEqualTo(-1);
    }

    @Test
    void its_watches_see_every_change_also_after_a_restart() throws Exception {
        List<WatchEvent> events = new CopyOnWriteArrayList<>();
        AtomicBoolean created = new AtomicBoolean();
        WatchOption option = WatchOption.builder()
                .isPrefix(true)
                .withPrevKV(true)
                .withCreateNotify(true)
                .build();
        Watcher watcher = client.getWatchClient().watch(bytes("a"), option, response -> {
            events.addAll(response.getEvents());
            created.set(true);
        });
        await().atMost(SOON).untilTrue(created);
        done(client.getKVClient().put(bytes("a"), bytes("1")));
        await().atMost(SOON).until(() -> events.size() == 1);
        etcd.restart();
        await().atMost(SOON)
                .ignoreExceptions()
                .until(() -> done(client.getKVClient().put(bytes("a"), bytes("2"))) != null);
        done(client.getKVClient().delete(bytes("a")));
        await().atMost(SOON).until(() -> events.get(events.size() - 1).getEventType() == WatchEvent.EventType.DELETE);
        assertThat(text(events.get(events.size() - 1).getPrevKV())).isEqualTo("2");
        watcher.close();
    }

    @Test
    void what_the_embedded_one_does_not_have_is_named() {
        assertThatThrownBy(() -> done(client.getLockClient().lock(bytes("lock"), 0)))
                .hasMessageContaining("UNIMPLEMENTED")
                .hasMessageContaining("v3lockpb.Lock/Lock");
    }

    private TxnResponse create(Cmp absent) throws Exception {
        return done(client.getKVClient()
                .txn()
                .If(absent)
                .Then(Op.put(bytes("a"), bytes("1"), PutOption.DEFAULT))
                .Else(Op.get(bytes("a"), GetOption.DEFAULT))
                .commit());
    }

    private List<String> values(String key, GetOption option) throws Exception {
        return done(client.getKVClient().get(bytes(key), option)).getKvs().stream()
                .map(JetcdTest::text)
                .toList();
    }

    private static String text(KeyValue keyValue) {
        return keyValue.getValue().toString(UTF_8);
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, UTF_8);
    }

    private static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
}
