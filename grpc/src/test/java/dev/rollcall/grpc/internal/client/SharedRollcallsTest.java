package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Rollcall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedRollcallsTest {
    private final List<Rollcall> opened = new ArrayList<>();
    private final Queue<Runnable> timers = new ArrayDeque<>();
    private final SharedRollcalls shared = new SharedRollcalls(this::connect, (task, delay) -> {
        assertThat(delay).isEqualTo(SharedRollcalls.LINGER);
        timers.add(task);
    });

    private Rollcall connect(String registry) {
        Rollcall made =
                Rollcall.builder().registry("memory:").environment(Map.of()).connect();
        opened.add(made);
        return made;
    }

    private static boolean isOpen(Rollcall rollcall) {
        try {
            rollcall.services();
            return true;
        } catch (IllegalStateException over) {
            return false;
        }
    }

    @AfterEach
    void close() {
        opened.forEach(Rollcall::close);
    }

    @Test
    void channels_to_one_registry_share_one_rollcall() {
        SharedRollcalls.Use one = shared.use("etcd://h1:2379");
        SharedRollcalls.Use other = shared.use("etcd://h1:2379");
        assertThat(other.rollcall()).isSameAs(one.rollcall());
        assertThat(shared.use("etcd://h2:2379").rollcall()).isNotSameAs(one.rollcall());
        assertThat(shared.use(null).rollcall()).isNotSameAs(one.rollcall());
        assertThat(opened).hasSize(3);
    }

    @Test
    void it_is_closed_some_time_after_the_last_channel_is_gone() {
        SharedRollcalls.Use one = shared.use("etcd://h1:2379");
        SharedRollcalls.Use other = shared.use("etcd://h1:2379");
        one.close();
        one.close();
        assertThat(timers).isEmpty();
        other.close();
        assertThat(isOpen(one.rollcall())).isTrue();
        timers.remove().run();
        assertThat(isOpen(one.rollcall())).isFalse();
        assertThat(shared.use("etcd://h1:2379").rollcall()).isNotSameAs(one.rollcall());
    }

    @Test
    void a_channel_that_comes_in_between_keeps_it_open() {
        SharedRollcalls.Use one = shared.use("etcd://h1:2379");
        one.close();
        SharedRollcalls.Use other = shared.use("etcd://h1:2379");
        assertThat(other.rollcall()).isSameAs(one.rollcall());
        timers.remove().run();
        assertThat(isOpen(one.rollcall())).isTrue();
        other.close();
        timers.remove().run();
        assertThat(isOpen(one.rollcall())).isFalse();
    }

    @Test
    void one_that_cannot_be_opened_leaves_nothing_behind() {
        SharedRollcalls failing = new SharedRollcalls(
                registry -> {
                    throw new IllegalStateException("no");
                },
                (task, delay) -> timers.add(task));
        assertThatThrownBy(() -> failing.use(null)).hasMessage("no");
        assertThatThrownBy(() -> failing.use(null)).hasMessage("no");
    }
}
