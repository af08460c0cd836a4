package dev.rollcall.etcd.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.etcd.testing.RawEtcd;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Junk of every kind below a service's prefix, for every layout, on a real etcd: no instance is lost, and the watch goes on. */
@Tag("etcd")
class JunkBesideTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Address FIRST = new Address("10.0.0.7", 8080);
    private static final Address SECOND = new Address("10.0.0.8", 8080);

    private static EtcdProcess etcd;
    private static RawEtcd raw;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.launch();
        raw = RawEtcd.at(etcd.endpoint());
    }

    @AfterAll
    static void stopEtcd() {
        raw.close();
        etcd.close();
    }

    static List<Layout> layouts() {
        return BadInputTest.layouts().toList();
    }

    /** A key and a value as the fleet would write them. */
    private static Layout.Entry good(Layout layout, Address at, int number) {
        if (layout.name().equals("dubbo")) {
            Layout.Entry one = BadInputTest.good(layout);
            return new Layout.Entry(one.key().replace(FIRST.host(), at.host()), one.value());
        }
        Layout written = layout.writable() ? layout : Layouts.of("go-micro", layout.prefix());
        return written.encode(Instance.of("pay", at.host(), at.port()).withId("n" + number), number).stream()
                .filter(entry -> !entry.shared())
                .findFirst()
                .orElseThrow();
    }

    private static void put(String key, byte[] value) {
        raw.put(key, ByteString.copyFrom(value), 0);
    }

    private static void put(Layout.Entry entry) {
        put(entry.key(), entry.value());
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void no_instance_is_lost_and_the_watch_goes_on(Layout layout) {
        put(good(layout, FIRST, 1));
        try (Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint() + "?layout=" + layout.name())) {
            ServiceView view = rollcall.service("pay");
            await().atMost(SOON).until(() -> addresses(view).contains(FIRST));
            int number = 0;
            for (byte[] junk : BadInputTest.values()) {
                put(layout.prefix("pay") + "junk" + number++, junk);
            }
            for (String key : List.of("", "a/b/c/d", "UPPER/Case", "%zz", "/", "\u0000")) {
                put(layout.prefix("pay") + key, BadInputTest.good(layout).value());
            }
            put(good(layout, SECOND, 2));

            await().atMost(SOON).until(() -> addresses(view).contains(SECOND));
            assertThat(addresses(view)).contains(FIRST);
            assertThat(view.snapshot().instances())
                    .allMatch(each -> each.service().equals("pay"));
            assertThat(rollcall.lookup("pay").instances())
                    .extracting(each -> each.address())
                    .contains(FIRST, SECOND);
        } finally {
            etcd.ctl().deletePrefix(layout.prefix("pay"));
        }
    }

    private static List<Address> addresses(ServiceView view) {
        return view.snapshot().instances().stream().map(each -> each.address()).toList();
    }
}
