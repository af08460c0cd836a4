package dev.rollcall.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.etcd.testing.RawWatch;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a Go kit reader is told of a hundred registrations of one process: it reads everything again at each answer. */
@Tag("etcd")
class TogetherOnEtcdTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration TTL = Duration.ofSeconds(2);
    private static final int MANY = 100;
    /** One where nothing holds this process up in between; a busy machine may. */
    private static final int FEW = 4;

    @Test
    void a_reader_hears_of_a_hundred_registrations_but_a_few_times() {
        try (EtcdProcess etcd = EtcdProcess.launch()) {
            RawWatch reader = watch(etcd, 0);
            List<Registration> all = new ArrayList<>();
            try (Rollcall rollcall =
                    Rollcall.connect("etcd://" + etcd.endpoint() + "?layout=go-kit&ttl=" + TTL.toSeconds() + "s")) {
                for (int i = 0; i < MANY; i++) {
                    all.add(rollcall.register(
                            Instance.of("many", "10.0.0.7", 8000 + i).withId("i" + i)));
                }
                told(reader, MANY, "registered");
                registered(all);
                assertThat(etcd.ctl().leases()).hasSize(1);
                long revision = etcd.ctl().revision();
                RawWatch quiet = reader;
                await().during(TTL.multipliedBy(3)).atMost(SOON).until(() -> quiet.events() == MANY);
                assertThat(etcd.ctl().revision()).isEqualTo(revision);
                reader.close();

                etcd.kill();
                etcd.wipe();
                etcd.start();
                reader = watch(etcd, 1);
                told(reader, MANY, "written again");
                registered(all);
                assertThat(etcd.ctl().list("many/")).hasSize(MANY);
                reader.close();
                reader = watch(etcd, 0);
            }
            told(reader, MANY, "gone");
            assertThat(all).allMatch(each -> each.state() == State.CLOSED);
            assertThat(etcd.ctl().list("many/")).isEmpty();
            assertThat(etcd.ctl().leases()).isEmpty();
            reader.close();
        }
    }

    private static RawWatch watch(EtcdProcess etcd, long revision) {
        RawWatch reader = RawWatch.of(etcd.endpoint(), "many/", revision);
        await().atMost(SOON).until(reader::created);
        return reader;
    }

    private static void told(RawWatch reader, int events, String what) {
        await().atMost(SOON).until(() -> reader.events() >= events);
        assertThat(reader.revisions()).as(what).isLessThanOrEqualTo(FEW);
    }

    private static void registered(List<Registration> all) {
        await().atMost(SOON).until(() -> all.stream().allMatch(each -> each.state() == State.REGISTERED));
    }
}
