package dev.rollcall.etcd.internal.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Change;
import dev.rollcall.Change.Kind;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layouts;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolTest {
    private static final Layout RICH = Layouts.of("go-micro", null);
    private static final Layout POOR = Layouts.of("go-kit", null);
    private static final Instance FULL =
            Instance.of("pay", "10.0.0.7", 80).withId("n1").withMetadata("zone", "a");
    private static final Instance BARE = Instance.of("pay", "10.0.0.7", 80).withId("10.0.0.7:80");

    private final Pool pool = new Pool("pay", true);

    @Test
    void one_address_in_two_layouts_is_one_instance_and_the_richest_description_wins() {
        assertThat(pool.put(POOR, "b", BARE)).contains(new Change(Kind.JOINED, BARE));
        assertThat(pool.put(RICH, "a", FULL)).contains(new Change(Kind.UPDATED, FULL));
        assertThat(pool.put(POOR, "b", BARE)).isEmpty();
        assertThat(shown()).containsExactly(FULL);
        assertThat(pool.remove("a", true)).contains(new Change(Kind.UPDATED, BARE));
        assertThat(pool.remove("b", true)).contains(new Change(Kind.LOST, BARE));
        assertThat(shown()).isEmpty();
    }

    @Test
    void other_addresses_are_other_instances() {
        Instance other = Instance.of("pay", "10.0.0.8", 80);
        assertThat(pool.put(RICH, "a", FULL)).isPresent();
        assertThat(pool.put(POOR, "b", other)).isPresent();
        assertThat(shown()).containsExactlyInAnyOrder(FULL, other);
    }

    @Test
    void an_instance_that_drains_leaves_gracefully_whichever_key_goes_first() {
        Instance draining = FULL.withStatus(Status.DRAINING);
        for (List<String> order : List.of(List.of("a", "b"), List.of("b", "a"))) {
            assertThat(pool.put(POOR, "b", BARE)).isPresent();
            assertThat(pool.put(RICH, "a", draining)).isPresent();
            var unused = pool.remove(order.get(0), true);
            assertThat(shown()).extracting(Instance::status).containsExactly(Status.DRAINING);
            assertThat(pool.remove(order.get(1), true))
                    .hasValueSatisfying(change -> assertThat(change.kind()).isEqualTo(Kind.LEFT_GRACEFULLY));
        }
    }

    @Test
    void a_key_that_moves_takes_its_address_along() {
        Instance moved = FULL.withAddress(new dev.rollcall.Address("10.0.0.9", 80));
        assertThat(pool.put(RICH, "a", FULL)).isPresent();
        assertThat(pool.put(RICH, "a", moved)).isPresent();
        assertThat(shown()).containsExactly(moved);
        assertThat(pool.find("a")).isEqualTo(moved);
    }

    @Test
    void an_instance_is_suspect_when_every_key_of_it_is() {
        assertThat(pool.put(POOR, "b", BARE)).isPresent();
        assertThat(pool.put(RICH, "a", FULL)).isPresent();
        assertThat(pool.suspect("a")).contains(new Change(Kind.UPDATED, BARE));
        assertThat(pool.snapshot(1).suspect(shown().get(0))).isFalse();
        assertThat(pool.suspect("b")).isPresent();
        assertThat(pool.snapshot(1).suspect(shown().get(0))).isTrue();
        assertThat(pool.put(RICH, "a", FULL)).contains(new Change(Kind.UPDATED, FULL));
        assertThat(pool.snapshot(1).suspect(FULL)).isFalse();
    }

    private List<Instance> shown() {
        return pool.snapshot(1).instances();
    }
}
