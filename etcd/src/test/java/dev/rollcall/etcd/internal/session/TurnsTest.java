package dev.rollcall.etcd.internal.session;

import static dev.rollcall.etcd.internal.session.Provider.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Registration.State;
import dev.rollcall.etcd.testing.CallScript;
import dev.rollcall.etcd.testing.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many registrations share one etcd without drowning it. */
class TurnsTest extends ScriptedTest {
    @Test
    void only_so_many_calls_are_under_way_and_all_get_their_turn() {
        Provider provider = provider();
        Gate gate = new Gate();
        etcd.always("Txn", CallScript.answerAfter(gate));
        List<EtcdRegistration> all = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            all.add(provider.register(instance("i" + i)));
        }
        provider.pass(Duration.ofMillis(10));
        assertThat(gate.waiting()).isEqualTo(Turns.AT_A_TIME);
        gate.open();
        provider.pass(Duration.ofMillis(10));

        assertThat(all).allMatch(each -> each.state() == State.REGISTERED);
    }

    @Test
    void a_lost_connection_or_a_close_while_in_line_gives_the_turn_to_the_next() {
        Provider provider = provider();
        provider.registered(instance("another")); // whose streams notice the end
        Gate gate = new Gate();
        etcd.always("Txn", CallScript.answerAfter(gate));
        List<EtcdRegistration> all = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            all.add(provider.register(instance("i" + i)));
        }
        provider.pass(Duration.ofMillis(10));
        all.subList(0, 240).forEach(provider::leave); // some under way, some in line
        provider.pass(Duration.ofSeconds(1));
        etcd.stop();
        provider.disconnected();
        etcd.always("Txn", CallScript.asUsual());
        etcd.start();
        provider.connected();
        provider.pass(Duration.ofSeconds(5));

        assertThat(all.subList(0, 240)).allMatch(each -> each.state() == State.CLOSED);
        assertThat(all.subList(240, 250)).allMatch(each -> each.state() == State.REGISTERED);
    }

    @Test
    void a_call_that_ends_with_its_registration_gives_its_turn_back() {
        Provider provider = provider();
        etcd.always("Txn", CallScript.silence());
        List<EtcdRegistration> silent = new ArrayList<>();
        for (int i = 0; i < Turns.AT_A_TIME; i++) {
            silent.add(provider.register(instance("i" + i)));
        }
        provider.pass(Duration.ofMillis(10));
        etcd.always("Txn", CallScript.asUsual());
        EtcdRegistration other = provider.register(instance("other"));
        silent.forEach(provider::leave);
        provider.pass(Duration.ofMillis(2_900));
        assertThat(other.state()).isEqualTo(State.REGISTERING);

        provider.pass(Duration.ofMillis(200)); // leaving is over after 3 s

        assertThat(silent).allMatch(each -> each.state() == State.CLOSED);
        assertThat(other.state()).isEqualTo(State.REGISTERED);
    }
}
